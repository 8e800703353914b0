#pragma once

#include "base/result.hpp"
#include "runtime/loop.hpp"

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

/// A program that the supervisor keeps running: its output goes to a log file, it dies with the supervisor.
struct ProcessSpec {
  std::string name;
  std::vector<std::string> command;
  std::filesystem::path log;
  std::function<bool()> ready;      ///< asked until true before the next process starts; empty: at once
  std::function<bool()> held = {};  ///< while true, a dead process is not started again (maintenance, tests)
};

/// Starts processes in order, starts a dead one again with growing delays, stops all in reverse order.
/// On the loop's thread. A process that dies five times before it was ready is given up and named with its last words.
class Supervisor {
 public:
  Supervisor(Loop& loop, std::vector<ProcessSpec> specs);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// `on_ready` once, when the last process is ready; `on_failed` when one was given up.
  void start(std::function<void()> on_ready, std::function<void(Error)> on_failed);
  /// SIGTERM in reverse order, SIGKILL after 10 s. Returns when none is left. Blocks.
  void stop();

  struct Status {
    std::string name;
    pid_t pid = 0;  ///< 0: not running
    int restarts = 0;
  };
  [[nodiscard]] std::vector<Status> status() const;
  /// Called at each restart: the story's terminal and the tests want to know.
  std::function<void(const Status&)> on_restart;

 private:
  struct Child;
  void launch(Child& child);
  void check();
  void reap(Child& child);
  void advance();

  Loop& loop_;
  Timer timer_;
  std::vector<std::unique_ptr<Child>> children_;
  std::size_t launched_ = 0;  ///< children before this one have been started
  bool announced_ = false;
  std::function<void()> on_ready_;
  std::function<void(Error)> on_failed_;
};

/// The last lines of a log, for error messages.
std::string last_lines(const std::filesystem::path& file, std::size_t count);

}  // namespace millrace
