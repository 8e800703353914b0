#pragma once

#include "delivery/watch.hpp"
#include "gateway/acquisition.hpp"
#include "gateway/alias_table.hpp"
#include "gateway/config.hpp"
#include "gateway/edge_inbox.hpp"
#include "gateway/site_link.hpp"
#include "runtime/metrics.hpp"
#include "uplink/uplink.hpp"

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
  std::unique_ptr<delivery::Source> source;  ///< of what to run; null: what is on disk
  MakeOpcuaClient make_opcua_client;
};

/// A site's gateway: OPC UA -> site broker at once, and -> spool -> platform broker; decisions of the site's edges ->
/// spool
/// -> platform, and as display tags back to the machines. Works on without the platform, the site broker or the
/// machines.
class Gateway {
 public:
  Gateway(Loop& loop, WorkerPool& workers, GatewayConfig config, GatewayPorts ports, MetricRegistry& metrics);
  ~Gateway();
  Gateway(const Gateway&) = delete;
  Gateway& operator=(const Gateway&) = delete;

  Result<void> start();
  void stop();

 private:
  void load_memory();
  void on_use_cases(const std::vector<delivery::Assignment::UseCaseRef>& assigned, std::vector<UseCase> use_cases);
  void build_acquisition();
  void collect(std::vector<Uplink::Item>& items);
  void on_spool_open(bool open);
  void on_edge_message(const EdgeMessage& message);
  bool forward(const EdgeMessage& message);
  std::string settled(const std::string& edge, const std::string& record);
  void acknowledge(const std::string& edge, const std::string& epoch, std::uint64_t batch);
  void act_on(const EdgeMessage::Text& decision);
  void tell_event(const std::string& asset, const std::string& detail);
  void describe(std::string_view device, sparkplug::Payload& birth) const;
  void describe_for_platform(std::string_view device, sparkplug::Payload& birth) const;
  void add_metrics(MetricRegistry& metrics);

  Loop& loop_;
  GatewayConfig config_;
  MakeOpcuaClient make_opcua_client_;
  AliasTable aliases_;
  std::map<std::string, std::string, std::less<>> marks_;  ///< by asset, as the spool remembers or will remember them
  EdgeInbox inbox_;
  std::vector<delivery::Assignment::UseCaseRef> assigned_;
  std::vector<UseCase> use_cases_;
  std::set<std::string, std::less<>> platform_devices_;
  std::vector<PointBatch> batches_;  ///< reused
  Uplink uplink_;
  SiteLink site_;
  std::unique_ptr<delivery::Source> source_;
  delivery::AssignmentWatch assignment_;
  std::unique_ptr<Acquisition> acquisition_;
  Timer quality_timer_;
  std::uint64_t decisions_ = 0, decisions_lost_ = 0, decisions_repeated_ = 0;
};

}  // namespace millrace
