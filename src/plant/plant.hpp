#pragma once

#include "base/result.hpp"
#include "fieldbus/opcua/server.hpp"
#include "plant/config.hpp"
#include "plant/faults.hpp"
#include "plant/fleet.hpp"
#include "runtime/loop.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::plant {

/// The virtual plant: an OPC UA server with engines (or plain load) behind it, and a ledger of what it published.
/// Variables are `nsu=urn:millrace:plant;s=<asset>.<signal>`: the 24 signals, `cycle`, `Maintenance` (1 overhaul, 2
/// failure), `RemainingLife`, the writable display tag `Advice`, and the writable set-point `Derate` (0 to 1, which the
/// ledger tells). All values of one cycle share one source time.
class Plant {
 public:
  Plant(Loop& loop, opcua::Server& server, PlantConfig config);
  Result<void> start();
  void stop();
  /// The server goes away and comes back after `pause_us` with its namespaces in reverse order, as a PLC after a new
  /// program; engines go on meanwhile, and history has what was missed. `lost`: it did not come back, and will not.
  void restart_server(std::int64_t pause_us, std::function<void(Error why)> lost);

 private:
  struct EngineVariables {
    std::vector<opcua::VariableIndex> signals;
    opcua::VariableIndex cycle = 0, maintenance = 0, remaining_life = 0, advice = 0, derate = 0;
  };
  Result<void> prepare_replay();
  Result<void> prepare_faults();
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
  Faults faults_;
  std::vector<opcua::ServerValue> row_;  ///< of one engine, reused
  std::vector<EngineVariables> variables_;
  std::vector<std::vector<double>> derates_;  ///< what was written to each engine, in order
  std::vector<opcua::VariableIndex> load_;
  std::vector<opcua::ServerValue> values_;  ///< of the current step, reused
  std::uint64_t published_points_ = 0, ticks_ = 0;
  TimeUs last_source_time_us_ = 0;
  std::int64_t waited_since_us_ = 0;
  bool reversed_ = false;
  Timer step_timer_, ledger_timer_, restart_timer_;
};

}  // namespace millrace::plant
