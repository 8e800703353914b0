// millrace-edge: beside the machine. Reads the site's data from the broker, computes features, runs the model, decides.
#include "base/time.hpp"
#include "edge/config.hpp"
#include "edge/service.hpp"
#include "runtime/components.hpp"
#include "runtime/log.hpp"
#include "runtime/loop.hpp"
#include "runtime/worker_pool.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace millrace {
namespace {

int run(const std::string& file) {
  auto config = load_edge_config(file);
  if (!config) {
    std::cerr << config.error().message << '\n';
    return 2;
  }
  const auto level = parse_log_level(config->log_level);
  set_up_log({.process = "edge", .level = level ? *level : LogLevel::info});
  SystemClock clock;
  Loop loop(clock);
  constexpr std::size_t threads = 1, queue = 16;  // one: windows and models are written and loaded in order
  WorkerPool workers(loop, threads, queue);
  EdgeService service(loop, workers, *config, make_edge_ports(loop, *config));
  ComponentGroup group(loop);
  group.add({"edge", [&] { return service.start(); }, [&] { service.stop(); }});
  const auto outcome = group.run();
  if (outcome) return 0;
  log_error(outcome.error().message);
  return 1;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  CLI::App app("Millrace edge: decides beside the machine");
  std::string file;
  app.add_option("--config", file, "configuration file (YAML)")->required();
  CLI11_PARSE(app, argc, argv);
  return millrace::run(file);
}
