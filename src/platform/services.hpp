#pragma once

#include "base/time.hpp"
#include "lake/lake.hpp"
#include "net/http/server.hpp"
#include "platform/event_hub.hpp"
#include "platform/fleet.hpp"
#include "platform/job_board.hpp"
#include "platform/live_state.hpp"
#include "platform/problem_board.hpp"
#include "platform/session.hpp"
#include "platform/snapshot_leases.hpp"
#include "platform/use_case_store.hpp"
#include "platform/verdict_store.hpp"
#include "registry/artifact_store.hpp"
#include "registry/model_registry.hpp"
#include "runtime/loop.hpp"
#include "runtime/metrics.hpp"
#include "runtime/worker_pool.hpp"

namespace millrace {

struct PlatformConfig;
class Intake;
class KpiBoard;
class TrainingDesk;
class Assignments;

/// What the request handlers work with: references to the parts that Platform owns. Everything but `lake`, which is
/// thread-safe, is used on the loop's thread only.
struct Services {
  Loop& loop;
  const PlatformConfig& config;
  Lake& lake;
  WorkerPool& workers;
  Sessions& sessions;
  UseCaseStore& use_cases;
  ModelRegistry& models;
  ArtifactStore& artifacts;
  VerdictStore& verdicts;
  LiveState& live;
  EventHub& events;
  JobBoard& jobs;
  Fleet& fleet;
  Assignments& assignments;
  Intake& intake;
  KpiBoard& kpis;
  TrainingDesk& training;
  MetricRegistry& metrics;
  SnapshotLeases& snapshots;
  ProblemBoard& problems;
  TimeUs started_us = 0;

  [[nodiscard]] TimeUs now_us() const { return loop.clock().now_us(); }
  /// Who asks, of those whom the server lets in: never empty for them.
  [[nodiscard]] std::string caller(const http::Request& request) const {
    return sessions.caller(request, now_us()).value_or(std::string());
  }
};

}  // namespace millrace
