#pragma once

#include "ingest/signal_table.hpp"
#include "lake/rows.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

/// Makes work orders out of plant signals: a signal with the role work_order that changes to a non-zero code ends a
/// life; age and remaining life come from the asset's clock and finding signals of the same moment. Deterministic: the
/// stored samples give the same work orders again, so that a crash between the two loses none (see `replay`). `now_us`
/// is monotonic.
class WorkOrderWatch {
 public:
  /// Makes the meaning of a signal known; called again when a use case changes.
  void declare(const SignalRow& signal, const SignalMeaning& meaning);
  /// This work order is stored already.
  void know(const std::string& site, const std::string& asset, TimeUs time_us);
  [[nodiscard]] bool is_watching() const { return !by_signal_.empty(); }
  [[nodiscard]] bool watches(std::int32_t signal_id) const {
    return static_cast<std::size_t>(signal_id) < by_signal_.size() &&
           by_signal_[static_cast<std::size_t>(signal_id)].asset != nullptr;
  }
  /// The signals to replay from the lake at the start.
  [[nodiscard]] std::vector<std::int32_t> watched() const;

  /// Rows `first` to the end of the batch, in the order they came; finished work orders are added to `out`.
  void update(const SampleBatch& samples, std::size_t first, std::int64_t now_us, std::vector<WorkOrderRow>& out);
  /// Those whose clock or finding has not come within a while are finished without.
  void on_timer(std::int64_t now_us, std::vector<WorkOrderRow>& out);

 private:
  struct Reading {
    TimeUs time_us = 0;
    double value = no_value;
  };
  struct Pending {
    WorkOrderRow row;
    std::int64_t since_us = 0;  ///< arrival
  };
  struct Asset {
    std::string site, name, use_case;
    bool has_clock = false, has_finding = false;
    Reading clock, finding;            ///< the last that came; a backlog may bring older ones after newer ones
    std::map<TimeUs, double> code_at;  ///< newest codes by source time: what a change is depends on this order only
    std::set<TimeUs> done;             ///< source times of the work orders that were made
    std::vector<Pending> pending;
    std::map<int, std::string> codes;
  };
  struct Watched {
    Asset* asset = nullptr;
    SignalRole role = SignalRole::measurement;
  };
  static void take(const Watched& watched, TimeUs time_us, double value, std::int64_t now_us);
  static void take_code(Asset& asset, TimeUs time_us, double value, std::int64_t now_us);
  static void finish(Asset& asset, std::int64_t late_before_us, std::vector<WorkOrderRow>& out);

  std::map<std::pair<std::string, std::string>, Asset> assets_;  // nodes stay where they are
  std::vector<Watched> by_signal_;
};

}  // namespace millrace
