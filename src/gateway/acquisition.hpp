#pragma once

#include "fieldbus/opcua/client.hpp"
#include "gateway/plan.hpp"
#include "gateway/point_stream.hpp"
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
  /// Writes the display tag for an advice; nothing when the use case has none for this asset.
  void write_advice(const std::string& use_case, const std::string& asset);

  [[nodiscard]] const AcquisitionPlan& plan() const { return plan_; }
  [[nodiscard]] PointStream& stream() { return stream_; }
  [[nodiscard]] opcua::ClientCounters counters() const;
  [[nodiscard]] std::size_t connected() const;

 private:
  void log_findings();

  Loop& loop_;
  AcquisitionPlan plan_;
  PointStream stream_;
  std::vector<std::string> names_;
  std::vector<std::unique_ptr<opcua::Client>> clients_;
  std::vector<bool> connected_;
};

}  // namespace millrace
