#include "gateway/config.hpp"

#include "base/file.hpp"
#include "net/tls/config.hpp"
#include "runtime/config.hpp"
#include "sparkplug/topic.hpp"

#include <algorithm>
#include <cmath>

namespace millrace {

namespace {

BrokerConfig read_broker(ConfigSection section, std::uint16_t port) {
  return {section.text("host", "localhost"), section.port("port", port)};
}

opcua::ClientOptions read_opcua(ConfigSection section) {
  opcua::ClientOptions options;
  options.endpoint_url = section.text("url");
  auto policy = section.text("security_policy", std::string(opcua::to_string(options.security_policy)));
  if (auto parsed = opcua::parse_security_policy(policy)) {
    options.security_policy = *parsed;
  } else {
    section.refuse("security_policy", parsed.error().message);
  }
  options.identity.application_uri = section.text("application_uri", "urn:millrace:gateway");
  options.identity.certificate = section.path("certificate");
  options.identity.key = section.path("key");
  options.identity.trusted = section.path("trusted");
  options.identity.rejected = section.path("rejected");
  options.user = section.text("user", "");
  if (section.has("password_file")) {
    auto password = read_secret(section.path("password_file"));
    if (!password) {
      section.refuse("password_file", password.error().message);
    } else {
      options.password = *password;
    }
  }
  if (section.has("user_certificate")) {
    options.user_certificate = section.path("user_certificate");
    options.user_key = section.path("user_key");
  }
  options.publishing_interval_us = section.duration_us("publishing_interval", options.publishing_interval_us);
  options.sampling_interval_us = section.duration_us("sampling_interval", options.sampling_interval_us);
  options.keep_alive_us = section.duration_us("keep_alive", options.keep_alive_us);
  options.first_contact_history_us = section.duration_us("first_contact_history", options.first_contact_history_us);
  options.queue_size = static_cast<std::uint32_t>(section.integer("queue_size", options.queue_size, 1, 1'000'000));
  return options;
}

AssetGroup read_assets(ConfigSection section) {
  AssetGroup group{.type = section.text("type"), .tags = section.texts("tags", {})};
  for (const auto& text : section.texts("ids", {})) {
    auto ids = expand_asset_ids(text);
    if (!ids) {
      section.refuse("ids", ids.error().message);
      continue;
    }
    for (auto& id : *ids) {
      if (auto good = sparkplug::check_name("asset", id); !good) section.refuse("ids", good.error().message);
      group.ids.push_back(std::move(id));
    }
  }
  for (const auto& tag : group.tags) {
    if (tag.empty() || tag.find(',') != std::string::npos)
      section.refuse("tags", "a tag is a word without a comma, not '" + tag + "'");
  }
  if (group.ids.empty()) section.refuse("ids", "must name assets, e.g. [engine-061..engine-100]");
  return group;
}

WritableNode read_writable(ConfigSection section) {
  WritableNode writable{.node = section.text("node"), .has_range = section.has("low") || section.has("high")};
  if (!writable.node.starts_with("nsu=")) section.refuse("node", "must be written nsu=<namespace URI>;s=...");
  if (!writable.has_range) return writable;
  writable.low = section.number("low", writable.low);
  writable.high = section.number("high", writable.high);
  if (!(writable.low < writable.high) || !std::isfinite(writable.low) || !std::isfinite(writable.high))
    section.refuse("low", "a set-point needs both, low below high");
  return writable;
}

void check_name(ConfigSection& root, std::string_view key, const std::string& name) {
  if (auto good = sparkplug::check_name(key, name); !good && root.has(key)) root.refuse(key, good.error().message);
}

}  // namespace

Result<GatewayConfig> load_gateway_config(const std::filesystem::path& file) {
  TRY_ASSIGN(auto config, Config::load(file));
  auto root = config.root();
  GatewayConfig gateway;
  gateway.site = root.text("site");
  gateway.node = root.text("node", "gateway");
  check_name(root, "site", gateway.site);
  check_name(root, "node", gateway.node);
  gateway.directory = root.path("directory");
  gateway.credentials = tls::read_credentials(root);
  gateway.site_broker = read_broker(root.section("site_broker"), 8884);
  gateway.platform_broker = read_broker(root.section("platform_broker"), 8883);
  gateway.platform_url = root.text("platform_url", "");
  gateway.platform_host = root.text("platform_host", gateway.platform_host);
  gateway.poll_us = root.duration_us("poll", gateway.poll_us);
  gateway.edges = root.texts("edges", {});
  gateway.uplink = read_uplink_config(root.section("spool"));
  gateway.replay_bytes = root.size_bytes("replay_memory", gateway.replay_bytes);
  gateway.metrics_port = root.port("metrics_port", 0);
  gateway.log_level = root.word("log_level", {"debug", "info", "warning", "error", "off"}, "info");
  for (auto& section : root.sections("connections")) {
    ConnectionConfig connection{.name = section.text("name"), .opcua = read_opcua(section.section("opcua"))};
    for (auto& assets : section.sections("assets")) connection.assets.push_back(read_assets(assets));
    for (auto& node : section.sections("writable")) connection.writable.push_back(read_writable(node));
    gateway.connections.push_back(std::move(connection));
  }
  TRY(config.finish());
  return gateway;
}

}  // namespace millrace
