#include "runtime/program.hpp"

#include <CLI/CLI.hpp>

#include <csignal>
#include <iostream>

namespace millrace {

int run_program(int argc, char** argv, const Program& program,
                const std::function<Result<Work>(const std::filesystem::path& file)>& read) {
  CLI::App options(program.purpose, "millrace-" + program.name);
  std::string file;
  options.add_option("--config", file, "configuration file (YAML)")->required();
  try {
    options.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return options.exit(error) == 0 ? 0 : 2;
  }
  const auto work = read(file);
  if (!work) {
    std::cerr << "millrace-" << program.name << ": " << work.error().message << '\n';
    return 2;
  }
  set_up_log({.process = program.name, .level = work->log_level});
  std::signal(SIGXFSZ, SIG_IGN);  // a limit of a file's size is an error of the write, as a full disk is
  const auto outcome = work->serve();
  if (outcome) return 0;
  log_error(outcome.error().message);
  return 1;
}

}  // namespace millrace
