#pragma once

#include "delivery/artifact_cache.hpp"
#include "delivery/source.hpp"
#include "delivery/state_machine.hpp"
#include "runtime/loop.hpp"
#include "runtime/worker_pool.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace millrace::delivery {

/// What became of an assignment on this device.
struct Proof {
  bool whole = false;                ///< everything of it runs: it is kept as the last good one
  std::optional<Error> unread = {};  ///< a file could not be read now: no refusal, it is proved again at the next poll
  std::function<void()> take = {};   ///< called on the loop
};

/// Keeps a device at what it should run: polls the source, fetches what is missing by content hash, has it proved on a
/// worker, hands it over on the loop. Without a source the assignment on disk counts (invariant g). What could not be
/// fetched whole is tried again at the next poll; meanwhile, and when it is refused, what ran before goes on running.
class AssignmentWatch {
 public:
  struct Handlers {
    /// On a worker: loads the assignment from the cache and tries it (golden vectors). It may outlive the watch: what
    /// it reads of its owner it must hold by value.
    std::function<Proof(const Assignment&, const ArtifactCache&)> prove;
    /// One sentence for people; a problem that lasts is told once.
    std::function<void(const std::string&)> problem;
  };
  struct Options {
    Content content = Content::use_cases_and_models;
    std::int64_t poll_us = 2'000'000;
  };
  /// `source` may be null: only what is on disk. All references must outlive the watch.
  AssignmentWatch(Loop& loop, WorkerPool& workers, Source* source, ArtifactCache cache, Options options,
                  Handlers handlers);
  /// What is on disk is proved and taken before this returns: nothing runs yet that it could hold up.
  void start();
  void stop();

 private:
  void start_from_disk();
  void run(Action action);
  void ask();
  void fetch();
  void prove();
  struct Outcome;
  [[nodiscard]] std::function<void(Outcome&)> work() const;
  void conclude(const Outcome& outcome);
  /// Calls a member on the loop later, unless the watch was stopped.
  template <typename Handler>
  auto later(Handler handler);

  WorkerPool& workers_;
  Source* source_;
  ArtifactCache cache_;
  Options options_;
  Handlers handlers_;
  StateMachine machine_;
  Timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace millrace::delivery
