#pragma once

#include "base/time.hpp"
#include "signal/sample.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace millrace {

enum class QualityCheck : std::uint8_t {
  missing,     ///< no number: NaN, infinity, or bad from the source
  range,       ///< outside the signal's range
  spike,       ///< far from the recent values, by the robust deviation
  stuck,       ///< the same value for too long
  late,        ///< the next sample is overdue
  clock_skew,  ///< source clock ahead of ours, or far behind
  duplicate,   ///< a source time that was there already
};
inline constexpr std::size_t quality_check_count = 7;
std::string_view to_string(QualityCheck check);

/// What is checked of one signal; a zero turns a check off.
struct QualityLimits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  double spike_deviations = 0;      ///< times 1.4826 * median absolute deviation of the newest 16 values
  std::uint32_t stuck_samples = 0;  ///< equal values in a row
  std::int64_t stuck_us = 0;        ///< equal values for so long
  std::int64_t late_us = 0;         ///< freshness: no sample for so long
  std::int64_t skew_us = 0;         ///< source time differs from ours by more
};

/// Something a person should know. Reported when it begins and once when it is over, not with every sample.
struct QualityFinding {
  SignalIndex signal = 0;
  QualityCheck check = QualityCheck::missing;
  bool over = false;
  TimeUs time_us = 0;
  double value = 0;
};

/// What the checks say of one sample. The value is never changed and never dropped: it gets a worse status.
struct QualityVerdict {
  StatusCode status = status::good;
  bool duplicate = false;  ///< the caller may leave it out: the same point was there before
};

/// Checks the samples of one process. Sans-I/O, O(1) per sample, no allocation after `add`. Single-threaded.
class QualityChecks {
 public:
  /// Signals are added in the order of the catalogue's indices.
  void add(const QualityLimits& limits);

  /// Judges a sample that arrived at `now_us`. Begun and ended findings wait in `take_finding`.
  QualityVerdict check(const Sample& sample, TimeUs now_us);
  /// Looks for overdue signals; call it every second or so. O(signals).
  void poll(TimeUs now_us);

  std::optional<QualityFinding> take_finding();

  [[nodiscard]] std::uint64_t count(SignalIndex signal, QualityCheck check) const;
  [[nodiscard]] std::uint64_t samples(SignalIndex signal) const;
  [[nodiscard]] bool active(SignalIndex signal, QualityCheck check) const;
  /// Findings that were lost because nobody took them.
  [[nodiscard]] std::uint64_t findings_dropped() const { return findings_dropped_; }

 private:
  static constexpr std::size_t recent = 16;
  struct State {
    QualityLimits limits;
    std::array<double, recent> values{};
    std::uint32_t held = 0, next = 0;
    double last = std::numeric_limits<double>::quiet_NaN();
    std::uint32_t equal = 0;
    TimeUs equal_since_us = 0;
    TimeUs last_source_us = std::numeric_limits<TimeUs>::min();
    TimeUs last_seen_us = std::numeric_limits<TimeUs>::min();
    std::uint64_t samples = 0;
    std::array<std::uint64_t, quality_check_count> counts{};
    std::uint8_t active = 0;  ///< bit per check
  };
  void set(SignalIndex signal, QualityCheck check, bool bad, TimeUs time_us, double value);
  void report(const QualityFinding& finding);
  static bool is_spike(const State& state, double value);

  std::vector<State> states_;
  std::array<QualityFinding, 256> findings_{};
  std::size_t first_finding_ = 0, waiting_ = 0;
  std::uint64_t findings_dropped_ = 0;
};

}  // namespace millrace
