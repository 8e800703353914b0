#pragma once

#include "base/result.hpp"
#include "edge/active_model.hpp"
#include "edge/pipeline.hpp"
#include "net/tls/credentials.hpp"
#include "uplink/config.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// What millrace-edge is told in its file; docs/formats/configuration.md explains each key.
struct EdgeConfig {
  std::string site, node;
  std::filesystem::path directory;                  ///< spool, last assignment, artifacts
  std::vector<std::string> gateways = {"gateway"};  ///< edge nodes of the site whose data is decided on
  struct Broker {
    std::string host = "localhost";
    std::uint16_t port = 8884;
  } site_broker;
  std::optional<Credentials> credentials;  ///< for broker and platform; none: plain TCP, tests only
  std::string platform_url;                ///< "https://host:8443"; empty: never asked, what is on disk counts
  std::int64_t poll_us = 2'000'000;        ///< how often the assignment is asked for
  /// Decisions and windows on disk, and their way to the gateway. Each commit costs a copy of every changed window.
  UplinkConfig uplink{.group_commit_us = 500'000};
  EngineChoice engine = EngineChoice::automatic;
  PipelineOptions::Features record_features = PipelineOptions::Features::advice;
  std::optional<std::uint16_t> metrics_port;  ///< loopback, Prometheus' text; 0: any free port; absent: none
  std::string log_level = "info";
};

/// Reads and checks the file; errors name file and line. Relative paths are relative to the file.
Result<EdgeConfig> load_edge_config(const std::filesystem::path& file);

}  // namespace millrace
