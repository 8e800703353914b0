#include "decision/envelope.hpp"

#include <algorithm>
#include <cmath>

namespace millrace {

SafetyEnvelope::SafetyEnvelope(const UseCase::Envelope& envelope, std::int64_t timeout_us)
    : envelope_(envelope), timeout_us_(timeout_us), output_(envelope.safe) {}

SafetyEnvelope::Output SafetyEnvelope::put_out(double value, Guard guard, TimeUs now_us) {
  if (guard != Guard::none) ++violations_;
  output_ = value;
  output_us_ = std::max(output_us_, now_us);  // a clock that runs back must not lend time to the next step
  return {value, guard};
}

SafetyEnvelope::Output SafetyEnvelope::apply(double wanted, TimeUs now_us) {
  // The safe value is taken at once, whatever the rate: it is the one value that is always right.
  if (!std::isfinite(wanted)) return put_out(envelope_.safe, Guard::not_a_number, now_us);
  Guard guard = Guard::none;
  double value = wanted;
  if (value < envelope_.low || value > envelope_.high) {
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
  if (!started_) output_us_ = std::max(output_us_, now_us);
  started_ = true;
  wished_us_ = now_us;
  return put_out(value, guard, now_us);
}

SafetyEnvelope::Output SafetyEnvelope::poll(TimeUs now_us) {
  output_us_ = std::max(output_us_, now_us);
  if (!started_) return {envelope_.safe, Guard::none};
  if (now_us - wished_us_ < timeout_us_) return {output_, Guard::none};
  if (output_ == envelope_.safe) return {output_, Guard::timeout};
  return put_out(envelope_.safe, Guard::timeout, now_us);
}

std::string_view to_string(SafetyEnvelope::Guard guard) {
  switch (guard) {
    case SafetyEnvelope::Guard::none:
      return "none";
    case SafetyEnvelope::Guard::range:
      return "range";
    case SafetyEnvelope::Guard::rate:
      return "rate";
    case SafetyEnvelope::Guard::not_a_number:
      return "not_a_number";
    case SafetyEnvelope::Guard::timeout:
      return "timeout";
  }
  return "?";
}

}  // namespace millrace
