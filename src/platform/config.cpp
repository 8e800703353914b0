#include "platform/config.hpp"

#include "lake/retention.hpp"
#include "net/tls/config.hpp"
#include "runtime/config.hpp"

namespace millrace {
namespace {

constexpr std::int64_t day_us = 24ll * 3600 * 1'000'000;

void read_console(ConfigSection section, PlatformConfig& config) {
  auto& console = config.console;
  console.address = section.text("address", console.address);
  console.port = section.port("port", console.port);
  console.files = section.path("files", {});
  console.token_file = section.path("token_file", config.directory / "api-token");
  console.login_file = section.path("login_file", config.directory / "login-token");
  console.run_file = section.path("run_file", {});
  // Sessions are the only guard of this port, and they travel without TLS: it must not leave the machine.
  if (console.address != "127.0.0.1" && console.address != "::1" && console.address != "localhost") {
    section.refuse("address",
                   "must be a loopback address (127.0.0.1 or ::1): put a reverse proxy with TLS in front for more");
  }
}

void read_keep(ConfigSection section, std::map<std::string, std::int64_t>& keep_us) {
  for (const auto& table : ageing_tables) {
    if (!section.has(table.name)) continue;
    const auto kept_us = section.duration_us(table.name, day_us);
    if (kept_us < day_us) section.refuse(table.name, "must be a day or more; leave it out to keep all");
    keep_us[std::string(table.name)] = kept_us;
  }
}

void read_lake(ConfigSection section, PlatformConfig::LakeLimits& lake) {
  lake.writer_memory = section.text("writer_memory", lake.writer_memory);
  lake.reader_memory = section.text("reader_memory", lake.reader_memory);
  lake.commit_every_us = section.duration_us("commit_every", lake.commit_every_us);
  lake.commit_rows =
      static_cast<std::uint64_t>(section.integer("commit_rows", static_cast<std::int64_t>(lake.commit_rows), 1));
  read_keep(section.section("keep"), lake.keep_us);
  lake.queue_rows =
      static_cast<std::uint64_t>(section.integer("queue_rows", static_cast<std::int64_t>(lake.queue_rows), 1));
}

void read_training(ConfigSection section, PlatformConfig::Training& training) {
  training.threads = static_cast<std::uint32_t>(section.integer("threads", training.threads, 1, 256));
  training.allow_command = section.flag("allow_command", training.allow_command);
  training.command_limit_us = section.duration_us("command_limit", training.command_limit_us);
}

}  // namespace

Result<PlatformConfig> load_platform_config(const std::filesystem::path& file) {
  TRY_ASSIGN(auto source, Config::load(file));
  auto root = source.root();
  PlatformConfig config;
  config.directory = root.path("directory");
  config.data_source = root.text("data_source", config.data_source);
  read_console(root.section("console"), config);
  auto device_api = root.section("device_api");
  config.device_api.address = device_api.text("address", config.device_api.address);
  config.device_api.port = device_api.port("port", config.device_api.port);
  for (auto device : root.sections("devices")) config.devices.push_back({device.text("name"), device.text("site")});
  auto broker = root.section("broker");
  config.broker.host = broker.text("host", config.broker.host);
  config.broker.port = broker.port("port", config.broker.port);
  config.credentials = tls::read_credentials(root).value_or(Credentials{});
  read_lake(root.section("lake"), config.lake);
  read_training(root.section("training"), config.training);
  config.log_level = root.word("log_level", {"debug", "info", "warning", "error", "off"}, config.log_level);
  TRY(source.finish());
  return config;
}

}  // namespace millrace
