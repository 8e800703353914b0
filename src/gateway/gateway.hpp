#pragma once

#include "gateway/acquisition.hpp"
#include "gateway/alias_table.hpp"
#include "gateway/assignment.hpp"
#include "gateway/config.hpp"
#include "gateway/edge_inbox.hpp"
#include "gateway/site_link.hpp"
#include "gateway/uplink.hpp"
#include "runtime/metrics.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace millrace {

/// What the gateway needs from outside; the composition root chooses the adapters.
struct GatewayPorts {
  std::unique_ptr<Spool> spool;
  std::function<std::unique_ptr<mqtt::Client>(Loop&, mqtt::ClientOptions)> make_mqtt_client;
  std::function<std::unique_ptr<http::Client>(Loop&, http::ClientOptions)> make_http_client;
  MakeOpcuaClient make_opcua_client;
};

/// A site's gateway: OPC UA -> site broker at once, and -> spool -> platform broker; decisions of the site's edges ->
/// spool
/// -> platform, and as display tags back to the machines. Works on without the platform, the site broker or the
/// machines.
class Gateway {
 public:
  Gateway(Loop& loop, GatewayConfig config, GatewayPorts ports, MetricRegistry& metrics);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  Result<void> start();
  void stop();

 private:
  void load_memory();
  void on_use_cases(std::vector<UseCase> use_cases);
  void build_acquisition();
  void collect(std::vector<Uplink::Item>& items);
  void on_spool_open(bool open);
  void on_edge_messages(std::string_view epoch, std::uint64_t batch, std::vector<EdgeMessage> messages);
  void on_decision(const EdgeMessage& message);
  void describe(std::string_view device, sparkplug::Payload& birth) const;
  void describe_for_platform(std::string_view device, sparkplug::Payload& birth) const;
  void add_metrics(MetricRegistry& metrics);

  Loop& loop_;
  GatewayConfig config_;
  MakeOpcuaClient make_opcua_client_;
  AliasTable aliases_;
  std::map<std::string, std::string, std::less<>> marks_;  ///< by asset, as the spool remembers or will remember them
  EdgeInbox inbox_;
  std::vector<UseCase> use_cases_;
  std::set<std::string, std::less<>> platform_devices_;
  std::vector<PointBatch> batches_;  ///< reused
  Uplink uplink_;
  SiteLink site_;
  AssignmentWatch assignment_;
  std::unique_ptr<Acquisition> acquisition_;
  Timer quality_timer_;
  std::uint64_t decisions_ = 0, decisions_lost_ = 0, decisions_repeated_ = 0;
};

}  // namespace millrace
