#include "runtime/worker_pool.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace millrace {

struct WorkerPool::State {
  struct Task {
    std::function<void()> work, done;
  };

  State(Loop& event_loop, std::size_t limit) : loop(event_loop), queue_limit(limit) {}

  void run(const std::stop_token& stop) {
    for (;;) {
      Task task;
      {
        std::unique_lock lock(mutex);
        if (!available.wait(lock, stop, [&] { return !queue.empty(); })) return;
        if (stop.stop_requested()) return;
        task = std::move(queue.front());
        queue.pop_front();
      }
      task.work();
      if (task.done) loop.post(std::move(task.done));
    }
  }

  Loop& loop;
  std::size_t queue_limit;
  mutable std::mutex mutex;
  std::condition_variable_any available;
  std::deque<Task> queue;
  bool stopped = false;
  std::vector<std::jthread> threads;  // last: joined before the rest goes
};

WorkerPool::WorkerPool(Loop& loop, std::size_t threads, std::size_t queue_limit)
    : state_(std::make_unique<State>(loop, queue_limit)) {
  for (std::size_t i = 0; i < threads; ++i) {
    state_->threads.emplace_back([state = state_.get()](const std::stop_token& stop) { state->run(stop); });
  }
}

WorkerPool::~WorkerPool() { stop(); }

void WorkerPool::stop() {
  {
    std::scoped_lock lock(state_->mutex);
    state_->stopped = true;
    state_->queue.clear();
  }
  for (auto& thread : state_->threads) thread.request_stop();
  state_->threads.clear();
}

Result<void> WorkerPool::submit(std::function<void()> work, std::function<void()> done) {
  {
    std::scoped_lock lock(state_->mutex);
    if (state_->stopped) return fail(ErrorCode::unavailable, "the workers have stopped");
    if (state_->queue.size() >= state_->queue_limit) return fail(ErrorCode::exhausted, "the worker queue is full");
    state_->queue.push_back({std::move(work), std::move(done)});
  }
  state_->available.notify_one();
  return {};
}

std::size_t WorkerPool::waiting() const {
  std::scoped_lock lock(state_->mutex);
  return state_->queue.size();
}

}  // namespace millrace
