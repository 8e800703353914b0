#include "cli/command.hpp"
#include "up/command.hpp"

// `millrace`: the front door for people and scripts. Commands are a table; each runs once and ends with an exit code.
int main(int argc, char** argv) {
  const millrace::SystemClock clock;
  auto context = millrace::cli::standard_context(clock);
  auto commands = millrace::cli::all_commands();
  commands.insert(commands.begin(),
                  {"up", "", "Run a whole site and platform on this machine until Ctrl-C", millrace::up_command});
  return millrace::cli::run(commands, std::vector<std::string>(argv + 1, argv + argc), context);
}
