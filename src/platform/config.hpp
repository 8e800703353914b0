#pragma once

#include "base/result.hpp"
#include "net/tls/credentials.hpp"
#include "platform/fleet.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The platform's configuration; docs/formats/configuration.md explains each key.
struct PlatformConfig {
  std::filesystem::path directory;   ///< lake/, artifacts/ and metadata.sqlite lie here
  std::string data_source = "live";  ///< where the plant's data comes from, for people
  struct Console {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8080;         ///< 0: any free port
    std::filesystem::path files;       ///< the built console; empty: API only
    std::filesystem::path token_file;  ///< bearer token for the command line, 0600
    std::filesystem::path login_file;  ///< one-time login token, 0600
    std::filesystem::path run_file;    ///< where the ports are written when the platform listens; empty: nowhere
  } console;
  struct DeviceApi {
    std::string address = "127.0.0.1";
    std::uint16_t port = 8443;  ///< 0: any free port
  } device_api;
  std::vector<Device> devices;
  struct Broker {
    std::string host = "localhost";
    std::uint16_t port = 8883;              ///< 0: no broker, no ingest (tests, read-only platforms)
    std::int64_t receive_pause_us = 5'000;  ///< little beside `commit_every_us`, and many small messages at one go
  } broker;
  Credentials credentials;  ///< shown to the broker and to devices
  struct LakeLimits {
    std::string writer_memory = "256MB", reader_memory = "512MB";
    std::int64_t commit_every_us = 200'000;
    std::uint64_t commit_rows = 200'000;
    std::uint64_t queue_rows = 4'000'000;         ///< points that wait for a commit; then the brokers have to keep them
    std::map<std::string, std::int64_t> keep_us;  ///< by table: how long its rows are kept; without an entry, for ever
  } lake;
  struct Training {
    std::uint32_t threads = 2;
    bool allow_command = false;  ///< whether use cases may bring a training command
    std::int64_t command_limit_us = 3600ll * 1'000'000;
  } training;
  std::string log_level = "info";
};

/// Reads the YAML file; every problem names file, line and remedy.
Result<PlatformConfig> load_platform_config(const std::filesystem::path& file);

}  // namespace millrace
