#pragma once

#include "base/time.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <string_view>

namespace millrace {

/// The bounds of a control output: whatever is wished, what comes out lies in the range and moves no faster than the
/// rate; what is no number gives the safe value. When there is nothing to follow, `SetpointControl` asks for `safe`.
/// It guards normal control inputs; safety functions are elsewhere and win.
class SafetyEnvelope {
 public:
  explicit SafetyEnvelope(const UseCase::Envelope& envelope) : envelope_(envelope), output_(envelope.safe) {}

  enum class Guard { none, range, rate, not_a_number };
  struct Output {
    double value = 0;
    Guard guard = Guard::none;  ///< what had to step in
  };

  /// The nearest value to `wanted` that may go out at `now_us` (time that runs back counts as no time).
  Output limit(double wanted, TimeUs now_us);
  /// The safe value, at once and whatever the rate: it is the one value that is always right.
  Output safe(TimeUs now_us);

  /// The output stays as it is: time that has passed is not saved up for a leap.
  void hold(TimeUs now_us);

  [[nodiscard]] double output() const { return output_; }
  [[nodiscard]] bool contains(double value) const { return value >= envelope_.low && value <= envelope_.high; }
  [[nodiscard]] std::uint64_t violations() const { return violations_; }

 private:
  Output put_out(double value, Guard guard, TimeUs now_us);

  UseCase::Envelope envelope_;
  double output_;
  TimeUs output_us_ = 0;
  bool started_ = false;
  std::uint64_t violations_ = 0;
};

std::string_view to_string(SafetyEnvelope::Guard guard);

}  // namespace millrace
