#pragma once

#include "base/time.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <string_view>

namespace millrace {

/// The deterministic guard around a control output: whatever the model wants, what goes out lies in the range and moves
/// no faster than the rate; without a fresh wish, or with one that is no number, the safe value goes out (invariant f:
/// a guard violation never reaches an output). It guards normal control inputs; safety functions are elsewhere and win.
class SafetyEnvelope {
 public:
  SafetyEnvelope(const UseCase::Envelope& envelope, std::int64_t timeout_us);

  enum class Guard { none, range, rate, not_a_number, timeout };
  struct Output {
    double value = 0;
    Guard guard = Guard::none;  ///< what had to step in
  };

  /// The model wishes `wanted` at `now_us` (monotonic; time that runs back counts as no time).
  Output apply(double wanted, TimeUs now_us);
  /// What to put out when nothing was wished: the last output, and the safe value once the time-out has passed.
  Output poll(TimeUs now_us);

  [[nodiscard]] std::uint64_t violations() const { return violations_; }

 private:
  Output put_out(double value, Guard guard, TimeUs now_us);

  UseCase::Envelope envelope_;
  std::int64_t timeout_us_;
  double output_;
  TimeUs output_us_ = 0, wished_us_ = 0;
  bool started_ = false;
  std::uint64_t violations_ = 0;
};

std::string_view to_string(SafetyEnvelope::Guard guard);

}  // namespace millrace
