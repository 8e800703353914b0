#pragma once

#include "base/result.hpp"
#include "fieldbus/opcua/client.hpp"
#include "net/tls/credentials.hpp"
#include "uplink/config.hpp"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

struct BrokerConfig {
  std::string host = "localhost";
  std::uint16_t port = 8883;
};

/// Assets that are read over one connection. Use cases choose them by type and tag.
struct AssetGroup {
  std::vector<std::string> ids;
  std::string type;
  std::vector<std::string> tags;
};

/// A node that may be written, with {asset} for the asset's name. The only ones: a use case cannot add to them. A
/// set-point needs bounds; the use case's envelope must lie within them. Never a safety node.
struct WritableNode {
  std::string node;
  bool has_range = false;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
};

struct ConnectionConfig {
  std::string name;
  opcua::ClientOptions opcua;
  std::vector<AssetGroup> assets;
  std::vector<WritableNode> writable;
};

/// What millrace-gateway is told in its file; docs/formats/configuration.md shows one.
struct GatewayConfig {
  std::string site, node;
  std::filesystem::path directory;         ///< spool, last assignment
  std::optional<Credentials> credentials;  ///< for both brokers and the platform; none: plain TCP, tests only
  BrokerConfig site_broker, platform_broker;
  std::string platform_url;                ///< "https://host:8443"; empty: never asked, what is on disk counts
  std::string platform_host = "platform";  ///< its Sparkplug host name: births wait for it
  std::int64_t poll_us = 2'000'000;        ///< how often the assignment is asked for
  std::vector<std::string> edges;          ///< edge nodes of the site that decide
  UplinkConfig uplink;
  std::size_t replay_bytes = 8u << 20;  ///< memory for rows that a restarted edge asks for again
  std::uint16_t metrics_port = 0;       ///< loopback; 0: none
  std::string log_level = "info";
  std::vector<ConnectionConfig> connections;
};

/// "engine-061..engine-100" -> 40 names; without ".." the name itself. `invalid_argument` names what is wrong.
Result<std::vector<std::string>> expand_asset_ids(std::string_view text);

/// Reads and checks the file; errors name file and line. Relative paths are relative to the file.
Result<GatewayConfig> load_gateway_config(const std::filesystem::path& file);

}  // namespace millrace
