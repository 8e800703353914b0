#pragma once

#include "base/result.hpp"
#include "platform/config.hpp"
#include "platform/use_case_store.hpp"
#include "registry/model_version.hpp"
#include "runtime/worker_pool.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace millrace {

struct Services;

/// Trains models on request: one at a time, on a thread of its own. The bundle goes into the artifact store, the
/// version into the registry with its data snapshot. Loop thread only.
class TrainingDesk {
 public:
  /// `services` is only kept: it may come to life after the desk.
  TrainingDesk(Services& services, Loop& loop, PlatformConfig::Training options, std::string code_commit);
  /// The job's id. `failed_precondition` while this use case is being trained.
  Result<std::string> start(const AppliedUseCase& applied, std::uint64_t seed);
  /// A model is being made whose snapshot no registered model names yet.
  [[nodiscard]] bool busy() const { return under_way_ > 0; }
  /// Gives up the training under way; blocks until it has ended.
  void stop();

 private:
  void finish(const std::string& job, std::int64_t use_case_version, Result<ModelVersion> version);
  Services& services_;
  PlatformConfig::Training options_;
  std::string code_commit_;
  int under_way_ = 0;
  std::atomic<bool> stopping_ = false;
  WorkerPool worker_;  // last: ends before what it uses
};

}  // namespace millrace
