#pragma once

#include "base/result.hpp"
#include "edge/active_model.hpp"
#include "edge/assignment.hpp"
#include "net/http/client.hpp"
#include "runtime/loop.hpp"
#include "runtime/worker_pool.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// A use case of the assignment, read and proved on this device: ready to take over.
struct PreparedUseCase {
  Assignment::UseCaseRef ref;
  UseCase use_case;
  std::optional<ActiveModel> model;  ///< none: nothing is approved yet
};

/// What became of an assignment. A use case that was refused is in `refused`, and what ran before goes on running.
struct PreparedAssignment {
  Assignment assignment;
  std::vector<PreparedUseCase> use_cases;
  std::vector<std::string> refused;  ///< one sentence each
};

/// Where files are kept by their SHA-256, and the last assignment.
class ArtifactCache {
 public:
  explicit ArtifactCache(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] bool holds(const std::string& sha256) const;
  /// `corrupt` when the bytes do not have that hash: nothing is stored.
  Result<void> store(const std::string& sha256, std::string_view bytes) const;
  /// Verifies the hash again: disks rot, and what lies there may have been changed.
  Result<std::string> read(const std::string& sha256) const;
  Result<void> store_assignment(std::string_view json) const;
  [[nodiscard]] Result<std::string> read_assignment() const;
  /// Removes what the assignment does not need any more.
  void keep_only(const Assignment& assignment) const;

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& sha256) const;
  std::filesystem::path directory_;
};

/// Reads, parses, loads and proves everything of an assignment. Blocking: for a worker.
PreparedAssignment prepare(Assignment assignment, const ArtifactCache& cache, EngineChoice choice);

/// Asks the platform for the assignment, fetches what is missing by content hash, proves it on a worker and hands it
/// over on the loop. Without platform the assignment on disk counts (invariant g). An assignment that could not be
/// fetched whole is tried again; one that was refused is tried again when it changes.
class Updater {
 public:
  struct Handlers {
    std::function<void(PreparedAssignment)> ready;
    std::function<void(const std::string& problem)> problem;  ///< for the log and the report; not called twice in a row
  };
  /// `platform` may be null: only what is on disk. All references must outlive the updater.
  Updater(Loop& loop, WorkerPool& workers, http::Client* platform, ArtifactCache cache, EngineChoice choice,
          std::int64_t poll_us, Handlers handlers);
  void start();
  void stop();

 private:
  void poll();
  void on_answer(Result<http::Response> answer);
  void fetch_next();
  void prove(Assignment assignment, std::string json);
  void tell(const std::string& problem);

  WorkerPool& workers_;
  http::Client* platform_;
  ArtifactCache cache_;
  EngineChoice choice_;
  std::int64_t poll_us_;
  Handlers handlers_;
  Timer timer_;
  bool busy_ = false;
  std::string revision_;  ///< what was taken (or refused) last
  std::string etag_;
  std::optional<Assignment> fetching_;
  std::string fetching_json_;
  std::vector<std::string> missing_;
  std::string last_problem_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace millrace
