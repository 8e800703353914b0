#pragma once

#include "lake/lake.hpp"
#include "metadata/database.hpp"
#include "net/http/server.hpp"
#include "platform/assignments.hpp"
#include "platform/config.hpp"
#include "platform/intake.hpp"
#include "platform/kpi_board.hpp"
#include "platform/services.hpp"
#include "platform/training_desk.hpp"
#include "platform/upkeep.hpp"

#include <memory>

namespace millrace {

/// The platform process: all parts in the order in which they depend on each other. Loop thread only.
class Platform {
  struct Stores {
    std::unique_ptr<Database> database;
    std::unique_ptr<Lake> lake;
    UseCaseStore use_cases;
    Sessions sessions;
    JobBoard jobs;
    Fleet fleet;
  };

 public:
  /// Opens the stores below `config.directory` (blocking); nothing listens yet.
  static Result<std::unique_ptr<Platform>> open(Loop& loop, PlatformConfig config);
  /// For `open`: nobody else can make the stores.
  Platform(Loop& loop, PlatformConfig config, Stores stores);
  ~Platform();

  Result<void> start();
  void stop();
  [[nodiscard]] std::uint16_t console_port() const;
  [[nodiscard]] std::uint16_t device_port() const;  ///< 0 without credentials
  [[nodiscard]] Services& services() { return services_; }

 private:
  static Result<Stores> open_stores(const Loop& loop, const PlatformConfig& config);
  Result<void> start_servers();
  Result<void> write_run_file() const;
  void start_timers();
  void send_live();
  void end_workers();

  Loop& loop_;
  PlatformConfig config_;
  Stores stores_;
  ModelRegistry models_;
  ArtifactStore artifacts_;
  VerdictStore verdicts_;
  ProblemBoard problems_;
  LiveState live_;
  EventHub events_;
  Assignments assignments_;
  WorkerPool workers_;
  Intake intake_;
  KpiBoard kpis_;
  TrainingDesk training_;
  MetricRegistry metrics_;
  SnapshotLeases snapshots_;
  Services services_;
  Upkeep upkeep_;
  std::unique_ptr<http::Server> console_server_, device_server_;
  Timer live_timer_, status_timer_, kpi_timer_;
};

}  // namespace millrace
