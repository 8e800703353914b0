#pragma once

#include "base/result.hpp"
#include "runtime/log.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <utility>

namespace millrace {

/// What a process is called in its log lines, and what `--help` says of it.
struct Program {
  std::string name;     ///< "edge"
  std::string purpose;  ///< "Millrace edge: decides beside the machine"
};

/// A configuration that was read: how much to log, and the work itself, which returns when the process is to end.
struct Work {
  LogLevel log_level = LogLevel::info;
  std::function<Result<void>()> serve;
};

/// `millrace-<name> --config FILE`. The exit code: 0 when it ended as it was told to, 1 when it could not start or go
/// on (the reason is the last line of the log), 2 for wrong arguments and for a configuration that cannot be used.
int run_program(int argc, char** argv, const Program& program,
                const std::function<Result<Work>(const std::filesystem::path& file)>& read);

/// The same for a configuration type with a `log_level` (a word of `parse_log_level`).
template <typename Configuration>
int run_program(int argc, char** argv, const Program& program,
                Result<Configuration> (*load)(const std::filesystem::path&),
                Result<void> (*serve)(const Configuration&)) {
  return run_program(argc, argv, program, [&](const std::filesystem::path& file) -> Result<Work> {
    TRY_ASSIGN(Configuration configuration, load(file));
    TRY_ASSIGN(const LogLevel level, parse_log_level(configuration.log_level));
    return Work{level, [serve, configuration = std::move(configuration)] { return serve(configuration); }};
  });
}

}  // namespace millrace
