#include "up/command.hpp"

#include "up/layout.hpp"
#include "up/up.hpp"

#include <CLI/CLI.hpp>

#include <memory>

namespace millrace {

namespace {

/// The folder with the programs is the one that this program lies in.
std::filesystem::path own_folder() {
  std::error_code error;
  auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? std::filesystem::path("/usr/bin") : self.parent_path();
}

}  // namespace

cli::Run up_command(CLI::App& options) {
  auto layout = std::make_shared<Layout>();
  auto headless = std::make_shared<bool>(false);
  layout->programs = own_folder();
  layout->console_files = layout->programs / "../../console";
  options.add_flag("--headless", *headless, "Print no console link on the terminal; write DIR/run/ready.json only");
  options.add_option("--site", layout->site, "Name of the site (Sparkplug group)");
  options.add_option("--assets", layout->assets,
                     "Assets behind the plant's OPC UA server, e.g. engine-061..engine-100");
  options.add_option("--opcua-url", layout->opcua_url, "The plant's OPC UA server");
  options.add_option("--data-source", layout->data_source, "Where the data comes from, as the console says it");
  options.add_option("--console-files", layout->console_files, "Folder of the built console");
  options.add_option("--spool-limit", layout->spool_limit, "Size of the gateway's spool, e.g. 256 MiB");
  options.add_option("--console-port", layout->ports.console, "Console and API, loopback (0: any free port)");
  options.add_option("--device-port", layout->ports.device, "Device API, mTLS (0: any free port)");
  options.add_option("--platform-mqtt-port", layout->ports.platform_mqtt, "The platform's broker (0: any free port)");
  options.add_option("--site-mqtt-port", layout->ports.site_mqtt, "The site's broker (0: any free port)");
  return [layout, headless](cli::Context& context) -> Result<int> {
    std::error_code error;
    layout->root = std::filesystem::absolute(context.directory, error).lexically_normal();
    TRY(run_up(*layout, *headless, context.output, context.clock));
    return 0;
  };
}

}  // namespace millrace
