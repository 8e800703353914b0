#pragma once

#include "fieldbus/opcua/client.hpp"
#include "gateway/plan.hpp"
#include "gateway/point_stream.hpp"
#include "gateway/setpoints.hpp"
#include "runtime/loop.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace {

using MakeOpcuaClient = std::function<std::unique_ptr<opcua::Client>(Loop&, opcua::ClientOptions)>;

/// Everything that depends on the assignment: the plan, the clients that read it, the stream of points. Thrown away and
/// built anew when the assignment changes; marks and aliases outlive it in the spool.
class Acquisition {
 public:
  struct Handlers {
    std::function<void(std::uint32_t asset, std::string_view metrics)> live;
    std::function<bool()> spool_open;
    /// Something to be remembered of an asset: JSON for the lake's events.
    std::function<void(const std::string& asset, std::string detail)> event = {};
  };
  Acquisition(Loop& loop, const std::vector<ConnectionConfig>& connections, AcquisitionPlan plan, AliasTable& aliases,
              std::size_t replay_bytes, const MakeOpcuaClient& make_client, Handlers handlers);
  ~Acquisition();
  Acquisition(const Acquisition&) = delete;
  Acquisition& operator=(const Acquisition&) = delete;

  /// After the marks were restored.
  void start();
  void stop();
  void poll_quality();
  /// Leads the asset's set-point, or writes its display tag where something is advised; nothing when the use case has
  /// neither for this asset.
  void on_decision(const DecisionRecord& decision);

  [[nodiscard]] const AcquisitionPlan& plan() const { return plan_; }
  [[nodiscard]] PointStream& stream() { return stream_; }
  [[nodiscard]] opcua::ClientCounters counters() const;
  [[nodiscard]] std::size_t connected() const;

 private:
  void log_findings();
  void write_advice(const DecisionRecord& decision);

  Loop& loop_;
  AcquisitionPlan plan_;
  PointStream stream_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<opcua::Client>> clients_;
  std::vector<bool> connected_;
  Setpoints setpoints_;
  Timer setpoint_timer_;
};

}  // namespace millrace
