#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace millrace {

/// One thread's event loop. It owns all mutable state of a process: everything but `post` is called on its thread.
class Loop {
 public:
  explicit Loop(const Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs handlers until `stop`. Returns on the calling thread.
  void run();
  /// For tests: runs what is ready and due within `limit_us` of real time, until `done` says so. False on time-out.
  bool run_until(const std::function<bool()>& done, std::int64_t limit_us);
  /// Thread-safe: `run` returns after the current handler.
  void stop();
  /// Thread-safe, the only door from other threads.
  void post(std::function<void()> handler);
  /// Calls `handler` with the signal's number at SIGINT or SIGTERM.
  void on_signal(std::function<void(int)> handler);

  [[nodiscard]] const Clock& clock() const { return clock_; }
  /// For adapters that speak Asio themselves.
  [[nodiscard]] boost::asio::io_context& context();

 private:
  struct State;
  const Clock& clock_;
  std::unique_ptr<State> state_;
};

/// A timer on a loop; cancels itself when destroyed.
class Timer {
 public:
  explicit Timer(Loop& loop);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  /// Calls `handler` once after the delay; an earlier schedule is cancelled.
  void after_us(std::int64_t delay_us, std::function<void()> handler);
  /// Calls `handler` every period until cancelled; a late call does not make the next ones bunch up.
  void every_us(std::int64_t period_us, std::function<void()> handler);
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace millrace
