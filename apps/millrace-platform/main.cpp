#include "platform/config.hpp"
#include "platform/platform.hpp"
#include "runtime/components.hpp"
#include "runtime/log.hpp"

#include <CLI/CLI.hpp>

// `millrace-platform --config FILE`: ingest, lake, training, registry, device and console API in one process.
namespace millrace {
namespace {

Result<void> run_platform(const std::string& file) {
  const SystemClock clock;
  Loop loop(clock);
  TRY_ASSIGN(auto config, load_platform_config(file));
  TRY_ASSIGN(const auto level, parse_log_level(config.log_level));
  set_up_log({.process = "platform", .level = level});
  TRY_ASSIGN(const auto platform, Platform::open(loop, std::move(config)));
  ComponentGroup components(loop);
  components.add({.name = "platform",
                  .start = [&]() -> Result<void> {
                    TRY(platform->start());
                    log_info("platform is up",
                             {{"console_port", platform->console_port()}, {"device_port", platform->device_port()}});
                    return {};
                  },
                  .stop = [&] { platform->stop(); }});
  return components.run();
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  CLI::App options("Millrace's platform: ingest, lake, training, registry, API and console", "millrace-platform");
  std::string file;
  options.add_option("--config", file, "Configuration (YAML)")->required();
  CLI11_PARSE(options, argc, argv);
  millrace::set_up_log({.process = "platform"});
  const auto outcome = millrace::run_platform(file);
  if (outcome) return 0;
  millrace::log_error(outcome.error().message);
  return 1;
}
