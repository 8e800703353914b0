#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/result.hpp"
#include "runtime/loop.hpp"

namespace millrace {

/// A few threads for blocking work (lake commits, training, hashing). Results come back on the loop.
/// The queue is bounded: `submit` refuses with `exhausted` when it is full, and the caller decides what to drop.
class WorkerPool {
 public:
  WorkerPool(Loop& loop, std::size_t threads, std::size_t queue_limit);
  ~WorkerPool();  ///< as `stop`
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Runs `work` on a worker, then `done` on the loop.
  Result<void> submit(std::function<void()> work, std::function<void()> done = {});
  [[nodiscard]] std::size_t waiting() const;
  /// Finishes what runs, drops what waits, takes nothing more: afterwards, what the work used may go.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace
