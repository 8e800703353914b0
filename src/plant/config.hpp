#pragma once

#include "base/result.hpp"
#include "fieldbus/opcua/server.hpp"
#include "plant/faults.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace millrace::plant {

/// The plant's configuration; docs/formats/configuration.md explains each key.
struct PlantConfig {
  opcua::ServerOptions server;
  std::filesystem::path ledger;  ///< what was published, for whoever counts; empty: none
  struct Replay {
    std::filesystem::path source;  ///< folder with C-MAPSS files; empty: simulated engines
    std::string subset = "FD001";
    int first_unit = 61, last_unit = 100;
    std::int64_t cycle_us = 400'000;  ///< every engine flies one cycle in this time
    bool wait_for_client = true;      ///< the first cycle waits until somebody has subscribed
  };
  std::optional<Replay> replay;
  struct Load {
    std::uint32_t tags = 5000;  ///< changing on every tick, without history
    double rate_hz = 10;
    std::uint32_t tags_per_asset = 25;
    std::uint64_t ticks = 0;  ///< then it stops; 0: never
  };
  std::optional<Load> load;
  std::vector<Fault> faults;  ///< what goes wrong on request, with `replay`
};

/// Reads the YAML file and the secrets that it names; every problem names file, line and remedy.
Result<PlantConfig> load_plant_config(const std::filesystem::path& file);

}  // namespace millrace::plant
