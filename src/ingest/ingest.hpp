#pragma once

#include "base/result.hpp"
#include "ingest/marks.hpp"
#include "ingest/signal_table.hpp"
#include "ingest/work_order_watch.hpp"
#include "lake/lake.hpp"
#include "sparkplug/host.hpp"

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct IngestOptions {
  std::size_t commit_rows = 500'000;          ///< a commit starts at this many rows ...
  std::int64_t commit_every_us = 200'000;     ///< ... or when the oldest waits this long; on a slow disk longer, ...
  std::int64_t commit_latest_us = 1'000'000;  ///< ... up to this: a commit costs much the same however small it is
  std::size_t buffer_rows = 1'000'000;  ///< policy on full: data is not taken; without acknowledgement it is sent again
  std::int64_t retry_after_us = 1'000'000;  ///< after a commit that failed
};

struct IngestStats {
  std::uint64_t points = 0, decisions = 0, work_orders = 0;  ///< taken, not all durable yet
  std::uint64_t stored_points = 0, stored_decisions = 0;     ///< durable
  std::uint64_t duplicate_batches = 0;
  std::uint64_t gaps = 0;
  std::uint64_t refused_batches = 0;  ///< buffer full: come again
  std::uint64_t lost_points = 0;      ///< buffer full, and the sender does not repeat (a foreign node)
  std::uint64_t unknown_metrics = 0;  ///< not in the birth, or text that has no place in the lake
  std::uint64_t corrupt_messages = 0;
  std::uint64_t commits = 0, failed_commits = 0;
  std::int64_t lag_us = 0;  ///< of the newest commit: now - newest source time in it
  std::size_t buffered_rows = 0;
};

/// What was stored before, read once at the start (blocking).
struct IngestStart {
  std::vector<SignalRow> signals;
  IngestMarks marks;
  std::vector<WorkOrderRow> work_orders;  ///< the live ones
};
Result<IngestStart> read_ingest_start(Lake& lake);

/// Sparkplug messages -> commits of the lake -> acknowledgements. Sans-I/O: the owner gives it the host's events and
/// the time of the wall clock (time-outs count on `clock`'s monotonic time), runs the commits it asks for on a worker,
/// and says how they went. One commit runs while the next buffer fills.
///
/// Effectively once: a batch (node, epoch, number) that is held already is passed over; the marks of all held batches
/// are part of the commit that holds their data; a batch is acknowledged after that commit only.
class Ingest {
 public:
  struct Handlers {
    /// Run `Lake::commit(rows, ..., marks)` elsewhere, then call `on_committed` here. `rows` stay valid until then.
    std::function<void(const LakeCommit& rows, const std::string& marks)> commit;
    /// Send NCMD {Millrace/Epoch, Millrace/Acked} to the node. Lost ones are made up for: repeated batches are
    /// acknowledged again.
    std::function<void(const std::string& site, const std::string& node, const std::string& epoch,
                       const std::string& ranges)>
        acknowledge;
    MeaningOf meaning = {};
    /// For live views: called once per message with rows `first` to the end.
    std::function<void(const SampleBatch& samples, std::size_t first)> samples = {};
    std::function<void(const DecisionRow& decision)> decision = {};
    std::function<void(const WorkOrderRow& work_order)> work_order = {};
    std::function<void(const SignalRow& signal)> signal = {};  ///< a new signal, or one whose unit became known
  };
  using Done = std::function<void(const Result<SnapshotId>&)>;

  Ingest(IngestOptions options, const Clock& clock, Handlers handlers)
      : options_(options), clock_(clock), handlers_(std::move(handlers)) {}
  void start(const IngestStart& stored);

  /// sparkplug::Host::Handlers.
  void on_birth(sparkplug::DeviceState& device, const sparkplug::Payload& birth, TimeUs now_us);
  void on_death(sparkplug::DeviceState& device, TimeUs now_us);
  void on_data(sparkplug::DeviceState& device, std::string_view payload, TimeUs now_us);
  /// At least every 50 ms.
  void on_timer(TimeUs now_us);
  void on_committed(const Result<SnapshotId>& outcome, TimeUs now_us);

  /// Other rows (imports, labels, KPIs) on the same way: signal ids come from `assign`, and rows are stored in order.
  /// `exhausted` when the buffer is full. `done` is called after the commit that holds them.
  Result<void> submit(LakeCommit rows, Done done, TimeUs now_us);
  /// The number of a signal; a new one is stored with the next commit. Unit and quantity may be empty.
  std::int32_t assign(std::string_view site, std::string_view asset, std::string_view signal, std::string_view unit,
                      std::string_view quantity);
  /// The meanings changed: asks for all of them again.
  void meanings_changed();

  [[nodiscard]] const SignalTable& signals() const { return signals_; }
  [[nodiscard]] const IngestMarks& marks() const { return marks_; }
  [[nodiscard]] IngestStats stats() const;
  [[nodiscard]] bool idle() const { return !committing_ && filling_.is_empty(); }
  /// The signals whose stored samples `replay` wants: clock, finding, work order.
  [[nodiscard]] std::vector<std::int32_t> watched_signals() const { return work_orders_.watched(); }
  /// Stored samples of `watched_signals` of the last days, by asset and time: a work order whose clock or finding had
  /// not come when the process died is made up for. Call it once, after `start`.
  void replay(const SampleBatch& samples);

 private:
  struct Buffer {
    LakeCommit rows;
    std::map<std::string, sparkplug::BatchSet, std::less<>> batches;  ///< new ones in it, by node
    std::vector<Done> done;
    std::int64_t since_us = 0;  ///< arrival of the oldest, monotonic
    TimeUs newest_us = 0;       ///< newest source time
    [[nodiscard]] bool is_empty() const { return rows.empty() && batches.empty() && done.empty(); }
    [[nodiscard]] std::size_t size() const { return rows.samples.size() + rows.decisions.size(); }
    void clear();
  };
  struct Message;
  void read(sparkplug::DeviceState& device, std::string_view payload, Message& message, TimeUs now_us);
  bool is_new_batch(const std::string& node, const Message& message);
  void keep_event(const sparkplug::DeviceState& device, const sparkplug::DataMetric& metric);
  void keep_quality(const sparkplug::DeviceState& device, std::string_view text, TimeUs now_us);
  void keep_gap(const sparkplug::DeviceState& device, std::string_view text, sparkplug::BatchSet& held, TimeUs now_us);
  void keep(sparkplug::DeviceState& device, const Message& message, TimeUs now_us);
  void undo(const Message& message);
  void touch();
  void begin_commit(TimeUs now_us);
  void commit_if_due(TimeUs now_us);
  void hand_over();
  [[nodiscard]] std::int64_t commit_wait_us() const;
  void acknowledge_repeated();
  void acknowledge(const std::string& node, const sparkplug::BatchSet& batches);
  void describe(SignalRow& row, std::string_view unit, std::string_view quantity, bool is_new);
  void add_work_orders(std::vector<WorkOrderRow> rows);
  static std::string node_of(const sparkplug::DeviceState& device) { return device.group + "/" + device.node; }
  void keep_birth_values(const sparkplug::DeviceState& device, const sparkplug::Payload& birth);
  bool is_newest(std::int32_t signal_id, TimeUs time_us);

  IngestOptions options_;
  const Clock& clock_;
  Handlers handlers_;
  SignalTable signals_;
  WorkOrderWatch work_orders_;
  IngestMarks marks_;                                                 ///< durable, being committed and filling
  std::map<std::string, sparkplug::BatchSet, std::less<>> repeated_;  ///< seen again: to be acknowledged again
  std::set<std::string, std::less<>> foreign_;  ///< nodes without a spool: their births carry readings
  std::vector<TimeUs> newest_us_;               ///< of their signals: a rebirth tells the same reading again
  Buffer filling_, in_flight_;
  bool committing_ = false;
  std::int64_t retry_at_us_ = 0;   ///< monotonic, as the next one
  std::int64_t began_us_ = 0;      ///< the commit under way
  std::int64_t last_took_us_ = 0;  ///< the last commit
  std::string in_flight_marks_;
  IngestStats stats_;
};

}  // namespace millrace
