#pragma once

#include "base/result.hpp"
#include "cli/context.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace millrace::cli {

/// What a command does once its options are read. The number is the exit code: 0 done, 1 what was asked for is not so.
/// An Error is printed and becomes 1, or 2 when the usage was wrong (`invalid_argument`).
using Run = std::function<Result<int>(Context&)>;

/// One row of the command table. `declare` adds options to the parser and returns what to run after parsing; what the
/// options are bound to must live in the returned function (a shared state captured by both).
struct Command {
  std::string_view noun;     ///< "model"
  std::string_view verb;     ///< "train"; empty for commands of one word
  std::string_view summary;  ///< one line for --help
  Run (*declare)(CLI::App& options);
};

/// The command line from end to end: parses, runs, prints errors to `context.errors`, returns the exit code.
int run(const std::vector<Command>& commands, const std::vector<std::string>& arguments, Context& context);

/// Every command of the `millrace` program but `up`, which starts processes and is added by its main.
std::vector<Command> all_commands();

}  // namespace millrace::cli
