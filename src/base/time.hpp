#pragma once

#include <cstdint>
#include <string>

#include "base/result.hpp"

namespace millrace {

/// Microseconds since the Unix epoch, UTC. Event times are data; they never come from a clock inside a core.
using TimeUs = std::int64_t;

/// Where time comes from. Injected everywhere, so that tests run in virtual time.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual TimeUs now_us() const = 0;              ///< wall clock, UTC; may jump
  [[nodiscard]] virtual std::int64_t monotonic_us() const = 0;  ///< never goes back; no epoch
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] TimeUs now_us() const override;
  [[nodiscard]] std::int64_t monotonic_us() const override;
};

/// Clocks that move only when told to.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimeUs start_us = 0) : now_us_(start_us), monotonic_us_(start_us) {}
  [[nodiscard]] TimeUs now_us() const override { return now_us_; }
  [[nodiscard]] std::int64_t monotonic_us() const override { return monotonic_us_; }
  void advance_us(std::int64_t by_us) {
    now_us_ += by_us;
    monotonic_us_ += by_us;
  }
  /// The wall clock is set; no time passes.
  void jump_us(std::int64_t by_us) { now_us_ += by_us; }

 private:
  TimeUs now_us_;
  std::int64_t monotonic_us_;
};

/// "2026-11-22T18:09:46.123456Z" (RFC 3339, always UTC, always six digits).
std::string format_time(TimeUs time_us);

/// Reads RFC 3339 with "Z" or an offset, with or without fraction; also a bare date (midnight UTC).
Result<TimeUs> parse_time(std::string_view text);

}  // namespace millrace
