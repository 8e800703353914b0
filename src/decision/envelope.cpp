#include "decision/envelope.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace millrace {

SafetyEnvelope::Output SafetyEnvelope::put_out(double value, Guard guard, TimeUs now_us) {
  if (guard != Guard::none) ++violations_;
  output_ = value;
  // A clock that runs back must not lend time to the next step.
  output_us_ = started_ ? std::max(output_us_, now_us) : now_us;
  started_ = true;
  return {value, guard};
}

void SafetyEnvelope::hold(TimeUs now_us) {
  if (started_) output_us_ = std::max(output_us_, now_us);
}

SafetyEnvelope::Output SafetyEnvelope::safe(TimeUs now_us) { return put_out(envelope_.safe, Guard::none, now_us); }

SafetyEnvelope::Output SafetyEnvelope::limit(double wanted, TimeUs now_us) {
  if (!std::isfinite(wanted)) return put_out(envelope_.safe, Guard::not_a_number, now_us);
  Guard guard = Guard::none;
  double value = wanted;
  if (!contains(value)) {
    value = std::clamp(value, envelope_.low, envelope_.high);
    guard = Guard::range;
  }
  if (envelope_.rate_per_s > 0) {
    const std::int64_t elapsed_us = started_ ? std::max<std::int64_t>(0, now_us - output_us_) : 0;
    const double most = envelope_.rate_per_s * static_cast<double>(elapsed_us) / 1e6;
    if (std::abs(value - output_) > most) {
      value = value > output_ ? output_ + most : output_ - most;
      guard = guard == Guard::none ? Guard::rate : guard;
    }
    value = std::clamp(value, envelope_.low, envelope_.high);
  }
  return put_out(value, guard, now_us);
}

std::string_view to_string(SafetyEnvelope::Guard guard) {
  constexpr std::array<std::string_view, 4> names{"none", "range", "rate", "not_a_number"};
  return names[static_cast<std::size_t>(guard)];
}

}  // namespace millrace
