#pragma once

#include "base/time.hpp"
#include "signal/quality_kind.hpp"
#include "signal/sample.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace millrace {

/// What is checked of one signal; a zero turns a check off.
struct QualityLimits {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  double spike_deviations = 0;      ///< times 1.4826 * median absolute deviation of the newest 16 values
  std::uint32_t stuck_samples = 0;  ///< equal values in a row
  std::int64_t stuck_us = 0;        ///< equal values for so long
  std::int64_t late_us = 0;         ///< freshness: no sample for so long
  std::int64_t skew_us = 0;         ///< source time ahead of ours by more, or behind by more for so long
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
  std::uint8_t findings = 0;  ///< a bit per check that this sample failed

  [[nodiscard]] bool has(QualityCheck check) const { return (findings & bit(check)) != 0; }
};

/// Checks the samples of one process. Sans-I/O, O(1) per sample, no allocation after `add`. Single-threaded.
class QualityChecks {
 public:
  /// Signals are added in the order of the catalogue's indices.
  void add(const QualityLimits& limits);

  /// Judges a sample that arrived at `now_us`. Begun and ended findings wait in `take_finding`. A sample with the
  /// source time of the one before is only told to be a duplicate: the caller may leave it out, the point was there
  /// before. `is_history`: it was read afterwards, so that its age says nothing about clocks, and being there, nothing
  /// at all.
  QualityVerdict check(const Sample& sample, TimeUs now_us, bool is_history = false);
  /// Looks for overdue signals, `overdue` is called once for each silence; call it every second or so. O(signals).
  void poll(TimeUs now_us, const std::function<void(SignalIndex)>& overdue = {});
  /// Silence is as it should be until the signal's next sample: its asset's life has ended.
  void rest(SignalIndex signal);
  /// A finding that the caller made by itself.
  void note(SignalIndex signal, QualityCheck check, TimeUs time_us, double value);

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
    TimeUs last_seen_us = 0;     ///< by our clock; 0: silence is not judged
    TimeUs behind_since_us = 0;  ///< by our clock; 0: the source's clock is not behind
    std::uint64_t samples = 0;
    std::array<std::uint64_t, quality_check_count> counts{};
    std::uint8_t active = 0;  ///< bit per check
  };
  bool set(SignalIndex signal, QualityCheck check, bool bad, TimeUs time_us, double value);
  void report(const QualityFinding& finding);
  static bool is_spike(const State& state, double value);
  static bool is_stuck(State& state, const Sample& sample);
  static bool is_skewed(State& state, TimeUs source_time_us, TimeUs now_us);

  std::vector<State> states_;
  std::array<QualityFinding, 256> findings_{};
  std::size_t first_finding_ = 0, waiting_ = 0;
  std::uint64_t findings_dropped_ = 0;
};

}  // namespace millrace
