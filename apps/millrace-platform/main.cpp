#include "platform/config.hpp"
#include "platform/platform.hpp"
#include "runtime/components.hpp"
#include "runtime/log.hpp"
#include "runtime/program.hpp"

// `millrace-platform --config FILE`: ingest, lake, training, registry, device and console API in one process.
namespace millrace {
namespace {

Result<void> serve(const PlatformConfig& config) {
  const SystemClock clock;
  Loop loop(clock);
  TRY_ASSIGN(const auto platform, Platform::open(loop, config));
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
  return millrace::run_program(argc, argv,
                               {"platform", "Millrace's platform: ingest, lake, training, registry, API and console"},
                               millrace::load_platform_config, millrace::serve);
}
