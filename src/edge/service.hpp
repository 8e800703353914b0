#pragma once

#include "base/result.hpp"
#include "delivery/watch.hpp"
#include "edge/config.hpp"
#include "edge/outbox.hpp"
#include "edge/prepare.hpp"
#include "edge/replay_gate.hpp"
#include "edge/router.hpp"
#include "net/http/client.hpp"
#include "net/http/metrics_server.hpp"
#include "net/mqtt/client.hpp"
#include "runtime/loop.hpp"
#include "runtime/metrics.hpp"
#include "runtime/worker_pool.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/host.hpp"
#include "uplink/uplink.hpp"

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace millrace {

/// The edge's ways to the world; tests may give others.
struct EdgePorts {
  std::unique_ptr<mqtt::Client> host_client;  ///< as Sparkplug host: hears the site
  std::unique_ptr<mqtt::Client> node_client;  ///< as edge node: tells decisions
  std::unique_ptr<http::Client> platform;     ///< takes reports; may be null
  std::unique_ptr<delivery::Source> source;   ///< of what to run; null: what is on disk
  std::unique_ptr<Spool> spool;               ///< decisions until the gateway has them, windows
};

/// The whole edge on one loop: site broker in and out, updates, state on disk. `start` and `stop` on the loop's thread.
/// A decision is published at once, and is durable with the next group commit, together with the windows it was made
/// from: a row whose decision was lost with the process is one that the window does not know (decision 0008).
class EdgeService {
 public:
  EdgeService(Loop& loop, WorkerPool& workers, EdgeConfig config, EdgePorts ports);
  ~EdgeService();
  EdgeService(const EdgeService&) = delete;
  EdgeService& operator=(const EdgeService&) = delete;

  Result<void> start();
  void stop();  ///< writes decisions and windows, says goodbye to the broker

  [[nodiscard]] Router& router() { return router_; }
  /// Where Prometheus may scrape; 0: nowhere.
  [[nodiscard]] std::uint16_t metrics_port() const {
    return metrics_server_ ? metrics_server_->port() : std::uint16_t{0};
  }
  [[nodiscard]] const Uplink& uplink() const { return uplink_; }
  [[nodiscard]] std::uint64_t decisions_lost() const { return outbox_.lost(); }

 private:
  Result<void> start_metrics();
  void start_host();
  void on_node_birth(const sparkplug::DeviceState& node, TimeUs now_us);
  void on_decision(const DecisionRecord& record, bool begins);
  void collect(std::vector<Uplink::Item>& items);
  void on_prepared(PreparedAssignment prepared);
  void take(PreparedUseCase prepared);
  void on_problem(const std::string& problem);
  void restore(Pipeline& pipeline);
  void report();
  void tick();

  Loop& loop_;
  WorkerPool& workers_;
  EdgeConfig config_;
  EdgePorts ports_;
  Router router_;
  ReplayGate gate_;
  sparkplug::Host host_;
  Outbox outbox_;
  Uplink uplink_;
  Spool::Memory windows_;  ///< read at the start, until their use case comes
  delivery::AssignmentWatch assignment_;
  Timer tick_timer_, report_timer_;
  sparkplug::DataEncoder encoder_;
  std::string json_, payload_;
  std::set<std::string> devices_;
  std::set<std::string> known_hashes_;  ///< "use case@hash": files that are active
  std::vector<std::string> errors_;     ///< for the next report
  MetricRegistry metrics_;
  std::unique_ptr<http::Server> metrics_server_;
};

/// Real adapters for a configuration; fails when the spool cannot be opened.
Result<EdgePorts> make_edge_ports(Loop& loop, const EdgeConfig& config);

}  // namespace millrace
