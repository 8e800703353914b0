#pragma once

#include "base/time.hpp"
#include "signal/status.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace millrace {

/// What is known of one cell of a row.
enum class Cell : std::uint8_t {
  absent,  ///< no sample
  good,
  uncertain,  ///< used, but counted
  bad,        ///< a sample with a bad status or without a number: not used
};
Cell cell_of(StatusCode status, double value);

/// All samples of an asset with one source time. The spans are valid during the call only.
struct Row {
  TimeUs source_time_us = 0;
  std::span<const double> values;  ///< per column of the layout; NaN unless good or uncertain
  std::span<const Cell> cells;
  bool late = false;  ///< belongs to a time that was closed already: mends the window, no new decision
};

/// Puts the samples of one asset into rows. A row is closed when every column is there, when a sample with a newer
/// source time arrives, or `timeout_us` after its first sample. Samples for a closed time come out as a late row of
/// their own. Never allocates after construction. Training and edge use it alike: training feeds stored samples
/// ordered by source time and calls `flush` at the end of an asset.
class Aligner {
 public:
  Aligner(std::size_t columns, std::int64_t timeout_us);

  /// `sink(const Row&)` is called for each row that this sample closes, oldest first (none, one or two).
  template <typename Sink>
  void push(std::size_t column, TimeUs source_time_us, StatusCode status, double value, TimeUs now_us, Sink&& sink) {
    if (source_time_us <= closed_us_) return push_late(column, source_time_us, status, value, sink);
    if (open_ && source_time_us < time_us_) return push_late(column, source_time_us, status, value, sink);
    if (open_ && source_time_us > time_us_) flush(sink);
    if (!open_) begin(source_time_us, now_us);
    set(column, status, value);
    if (filled_ == columns_) flush(sink);
  }

  /// Closes the open row when its time is up.
  template <typename Sink>
  void poll(TimeUs now_us, Sink&& sink) {
    if (open_ && now_us - opened_us_ >= timeout_us_) flush(sink);
  }

  /// Closes the open row, if there is one.
  template <typename Sink>
  void flush(Sink&& sink) {
    if (!open_) return;
    open_ = false;
    closed_us_ = time_us_;
    sink(Row{time_us_, values_, cells_, false});
  }

  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] TimeUs closed_us() const { return closed_us_; }
  [[nodiscard]] std::uint64_t late_samples() const { return late_samples_; }
  /// A new start: rows up to `closed_us` are known already (state restored from disk).
  void reset(TimeUs closed_us = INT64_MIN);

 private:
  void begin(TimeUs source_time_us, TimeUs now_us);
  void set(std::size_t column, StatusCode status, double value);
  void fill_late(std::size_t column, StatusCode status, double value);

  template <typename Sink>
  void push_late(std::size_t column, TimeUs source_time_us, StatusCode status, double value, Sink&& sink) {
    fill_late(column, status, value);
    sink(Row{source_time_us, late_values_, late_cells_, true});
  }

  std::size_t columns_;
  std::int64_t timeout_us_;
  std::vector<double> values_, late_values_;
  std::vector<Cell> cells_, late_cells_;
  std::size_t filled_ = 0;
  bool open_ = false;
  TimeUs time_us_ = 0, opened_us_ = 0, closed_us_ = INT64_MIN;
  std::uint64_t late_samples_ = 0;
};

}  // namespace millrace
