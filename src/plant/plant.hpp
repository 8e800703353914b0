#pragma once

#include "base/result.hpp"
#include "fieldbus/opcua/server.hpp"
#include "plant/config.hpp"
#include "plant/fleet.hpp"
#include "runtime/loop.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace millrace::plant {

/// The virtual plant: an OPC UA server with engines (or plain load) behind it, and a ledger of what it published.
/// Variables are `nsu=urn:millrace:plant;s=<asset>.<signal>`: the 24 signals, `cycle`, `Maintenance` (1 overhaul, 2
/// failure), `RemainingLife`, and the writable `Advice`. All values of one cycle share one source time.
class Plant {
 public:
  Plant(Loop& loop, opcua::Server& server, PlantConfig config);
  Result<void> start();
  void stop();
  /// The server goes away and comes back after `pause_us` with its namespaces in reverse order, as a PLC after a new
  /// program; engines go on meanwhile, and history has what was missed.
  void restart_server(std::int64_t pause_us);

 private:
  struct EngineVariables {
    std::vector<opcua::VariableIndex> signals;
    opcua::VariableIndex cycle = 0, maintenance = 0, remaining_life = 0, advice = 0;
  };
  Result<void> prepare_replay();
  Result<void> prepare_load();
  void wait_for_client();
  TimeUs next_source_time_us();
  void step_replay();
  void step_load();
  void publish();
  void write_ledger();

  Loop& loop_;
  opcua::Server& server_;
  PlantConfig config_;
  std::string source_;  ///< "recorded: ..." or "simulated: ..."
  std::unique_ptr<Fleet> fleet_;
  std::vector<EngineVariables> variables_;
  std::vector<opcua::VariableIndex> load_;
  std::vector<opcua::ServerValue> values_;  ///< of the current step, reused
  std::uint64_t published_points_ = 0, ticks_ = 0;
  TimeUs last_source_time_us_ = 0;
  std::int64_t waited_since_us_ = 0;
  bool reversed_ = false;
  Timer step_timer_, ledger_timer_, restart_timer_;
};

}  // namespace millrace::plant
