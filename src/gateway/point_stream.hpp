#pragma once

#include "gateway/alias_table.hpp"
#include "gateway/marks.hpp"
#include "gateway/plan.hpp"
#include "gateway/quality_tally.hpp"
#include "gateway/replay_ring.hpp"
#include "signal/quality.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/payload.hpp"

#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What waits to be spooled for one asset.
struct PointBatch {
  std::uint32_t asset = 0;
  std::string metrics;  ///< encoded Sparkplug metrics
  std::uint64_t points = 0;
  std::string marks;  ///< of the asset with this batch: to be remembered in the same transaction
};

/// Samples in, encoded metrics out: to the site at once, to the spool in batches. A point is (signal, source time in
/// us); only newer ones go on, so that history read twice or an initial value given again makes no duplicate, and two
/// readings of one millisecond, the wire's unit, are two points. Sans-I/O; nothing is allocated per sample.
class PointStream {
 public:
  struct Handlers {
    /// One asset's metrics of this hand-over, for the site broker.
    std::function<void(std::uint32_t asset, std::string_view metrics)> live;
    /// False while the spool takes nothing: the marks stand still then, and the source's history is read later.
    std::function<bool()> spool_open;
  };
  struct Counters {
    std::uint64_t points = 0, repeated = 0, not_spooled = 0, not_good = 0;
  };

  /// `plan` must outlive this object.
  PointStream(const AcquisitionPlan& plan, AliasTable& aliases, std::size_t replay_bytes, Handlers handlers);

  /// The marks that an earlier life left for an asset, before the first sample.
  void restore(std::uint32_t asset, std::span<const Mark> marks);
  void on_samples(std::span<const Sample> samples, bool is_backfill, TimeUs now_us);
  /// Looks for signals that fell silent; call it every second or so.
  void poll_quality(TimeUs now_us);

  /// Hands over what waits for the spool.
  void take(std::vector<PointBatch>& batches);
  /// Source time of the newest sample that went to the spool, 0 for none.
  [[nodiscard]] TimeUs mark_us(SignalIndex signal) const { return signals_[signal].spooled_us; }
  /// Adds the asset's metrics with their newest values to a birth.
  void describe(std::uint32_t asset, sparkplug::Payload& birth) const;
  [[nodiscard]] const ReplayRing& replay() const { return replay_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] QualityChecks& checks() { return checks_; }

 private:
  struct State {
    std::uint64_t alias = 0;
    TimeUs spooled_us = 0;    ///< newest in the spool, or on its way
    TimeUs published_us = 0;  ///< newest that the site was told
    double value = std::numeric_limits<double>::quiet_NaN();
    StatusCode status = status::bad;  ///< of the newest; bad: none yet
  };
  struct Asset {
    std::optional<SignalIndex> work_order;
    QualityTally tally;                 ///< goes with the next batch of the spool
    sparkplug::DataEncoder live, late;  ///< late: the site has newer ones already
    std::uint64_t points = 0;           ///< for the spool, in live and late
    std::string spool;
    std::uint64_t spool_points = 0;
    bool touched = false, waiting = false;
  };
  void seal(std::uint32_t asset);
  void await_batch(std::uint32_t asset);
  void repeated(const Sample& sample, bool is_backfill, TimeUs now_us);
  void rest_if_ended(std::uint32_t asset);
  void add(const Sample& sample, bool is_backfill, bool spool_open, TimeUs now_us);
  void hand_over(std::uint32_t asset, bool spool_open);

  const AcquisitionPlan& plan_;
  Handlers handlers_;
  QualityChecks checks_;
  std::vector<State> signals_;
  std::vector<Asset> assets_;
  std::vector<std::uint32_t> touched_, waiting_;
  std::vector<PointBatch> sealed_;  ///< batches that were full before they were taken
  std::vector<Mark> marks_;         ///< reused
  ReplayRing replay_;
  Counters counters_;
};

}  // namespace millrace
