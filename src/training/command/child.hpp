#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace millrace {

/// A shell command of somebody else, run with as little as it needs.
struct ChildOptions {
  std::string command;                   ///< for /bin/sh -c
  std::filesystem::path folder;          ///< its working directory, HOME and TMPDIR
  std::vector<std::string> environment;  ///< NAME=VALUE; beside these it sees PATH and LANG, nothing of ours
  std::int64_t time_limit_us = 0;
};

/// Hears the newest line of output five times a second (empty: none yet); false stops the command.
using ChildListener = std::function<bool(const std::string& line)>;

/// Runs the command to its end in a process group of its own: no descriptor of this process, no new privileges, no life
/// after this process's. All it leaves running is killed. Of its output the newest line is kept, 4096 bytes at most.
///   invalid_argument  it ended with an exit code or by a signal; the message holds its last line
///   timed_out         it ran longer than its limit
///   unavailable       `listener` returned false
Result<void> run_child(const ChildOptions& options, const ChildListener& listener);

}  // namespace millrace
