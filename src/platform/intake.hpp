#pragma once

#include "base/result.hpp"
#include "ingest/ingest.hpp"
#include "lake/lake.hpp"
#include "net/mqtt/client.hpp"
#include "platform/csv_import.hpp"
#include "platform/event_hub.hpp"
#include "platform/fleet.hpp"
#include "platform/live_state.hpp"
#include "platform/problem_board.hpp"
#include "platform/use_case_store.hpp"
#include "runtime/loop.hpp"
#include "runtime/worker_pool.hpp"
#include "sparkplug/host.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct IntakeOptions {
  std::optional<mqtt::ClientOptions> broker;  ///< nothing: imports only
  std::string host = "platform";              ///< our name in STATE
  IngestOptions ingest;
};

/// What is shown of the intake.
struct IntakeStatistics {
  std::uint64_t points_total = 0;  ///< in the lake
  double points_per_s = 0;         ///< over the last five seconds
  std::optional<double> lag_ms;    ///< source time to commit, of the newest commit
  std::uint64_t duplicate_batches = 0, gaps = 0;
  TimeUs last_received_us = 0;
  std::optional<double> first_decision_s;  ///< from the start to the first live decision in the lake
};

/// Everything that comes in: broker -> Sparkplug host -> ingest -> lake -> acknowledgements, imports on the same way,
/// and what the live views need of it. Loop thread only; commits run on a thread of their own.
class Intake {
 public:
  struct Parts {
    Loop& loop;
    Lake& lake;
    UseCaseStore& use_cases;
    LiveState& live;
    Fleet& fleet;
    EventHub& events;
    ProblemBoard& problems;
  };
  using Stored = std::function<void(const Result<void>&)>;

  Intake(Parts parts, IntakeOptions options);
  /// Reads what was stored before (blocking), then connects.
  Result<void> start();
  /// Stops taking anything in. What waits is lost here and sent again by its nodes, since nobody acknowledged it.
  void stop();

  /// Meanings and live views follow the use cases that are in force.
  void use_cases_changed();
  void import_samples(const std::string& site, const UseCase& use_case, const CsvSamples& samples,
                      std::vector<QualityRow> quality, Stored done);
  void import_work_orders(std::vector<WorkOrderRow> orders, Stored done);
  void store(LakeCommit rows, Stored done);
  [[nodiscard]] IntakeStatistics statistics() const;
  [[nodiscard]] IngestStats now_stats() const { return ingest_.stats(); }
  /// Clocks, findings and work orders: outcomes are counted from their samples.
  [[nodiscard]] std::vector<std::int32_t> outcome_signals() const { return ingest_.watched_signals(); }
  [[nodiscard]] const SignalTable& signals() const { return ingest_.signals(); }
  [[nodiscard]] bool connected() const { return client_ != nullptr && client_->connected(); }
  [[nodiscard]] TimeUs now_us() const { return parts_.loop.clock().now_us(); }

 private:
  sparkplug::Host::Handlers host_handlers();
  Ingest::Handlers ingest_handlers();
  void connect();
  void on_connected();
  void on_disconnected(const Error& why);
  void commit(const LakeCommit& rows, const std::string& marks);
  void on_committed(const Result<SnapshotId>& outcome);
  void on_birth(sparkplug::DeviceState& device, const sparkplug::Payload& birth, TimeUs now_us);
  void on_death(const sparkplug::DeviceState& device, TimeUs now_us);
  void show_samples(const SampleBatch& samples, std::size_t first);
  void show_decision(const DecisionRow& decision);
  void acknowledge(const std::string& site, const std::string& node, const std::string& epoch,
                   const std::string& ranges);
  [[nodiscard]] std::optional<SignalMeaning> meaning_of(std::string_view site, std::string_view asset,
                                                        std::string_view signal) const;
  Result<void> replay_work_orders();
  void measure();

  Parts parts_;
  IntakeOptions options_;
  Ingest ingest_;
  sparkplug::Host host_;
  std::unique_ptr<mqtt::Client> client_;
  Timer timer_, measuring_;
  std::array<std::uint64_t, 6> stored_points_{};  ///< at the last seconds, newest first
  std::uint64_t points_before_ = 0;               ///< in the lake at the start
  std::int64_t started_us_ = 0;                   ///< monotonic
  TimeUs last_received_us_ = 0;
  std::optional<double> first_decision_s_;
  WorkerPool committer_;  // last: the commit that runs reads the rows of `ingest_`
};

}  // namespace millrace
