#pragma once

#include "base/result.hpp"
#include "edge/config.hpp"
#include "edge/router.hpp"
#include "edge/updater.hpp"
#include "edge/window_store.hpp"
#include "net/http/client.hpp"
#include "net/http/server.hpp"
#include "net/mqtt/client.hpp"
#include "runtime/loop.hpp"
#include "runtime/metrics.hpp"
#include "runtime/worker_pool.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/edge_node.hpp"
#include "sparkplug/host.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace millrace {

/// The edge's ways to the world; tests may give others.
struct EdgePorts {
  std::unique_ptr<mqtt::Client> host_client;  ///< as Sparkplug host: hears the site
  std::unique_ptr<mqtt::Client> node_client;  ///< as edge node: tells decisions
  std::unique_ptr<http::Client> platform;     ///< may be null
};

/// The whole edge on one loop: site broker in and out, updates, state on disk. `start` and `stop` on the loop's thread.
class EdgeService {
 public:
  EdgeService(Loop& loop, WorkerPool& workers, EdgeConfig config, EdgePorts ports);
  ~EdgeService();
  EdgeService(const EdgeService&) = delete;
  EdgeService& operator=(const EdgeService&) = delete;

  Result<void> start();
  void stop();  ///< writes the windows, says goodbye to the broker

  [[nodiscard]] Router& router() { return router_; }
  /// Where Prometheus may scrape; 0: nowhere.
  [[nodiscard]] std::uint16_t metrics_port() const {
    return metrics_server_ ? metrics_server_->port() : std::uint16_t{0};
  }
  [[nodiscard]] std::uint64_t decisions_published() const { return decisions_published_; }
  [[nodiscard]] std::uint64_t decisions_lost() const { return decisions_lost_; }

 private:
  Result<void> start_metrics();
  void start_host();
  void start_node();
  void on_node_birth(const sparkplug::DeviceState& node, TimeUs now_us);
  void on_decision(const DecisionRecord& record, bool begins);
  void publish_waiting();
  void on_prepared(PreparedAssignment prepared);
  void take(PreparedUseCase prepared);
  void on_problem(const std::string& problem);
  void restore(Pipeline& pipeline);
  void persist();
  void report();
  void tick();

  Loop& loop_;
  WorkerPool& workers_;
  EdgeConfig config_;
  EdgePorts ports_;
  Router router_;
  sparkplug::Host host_;
  sparkplug::EdgeNode node_;
  std::shared_ptr<WindowStore> store_;      ///< shared with a write that is under way
  std::vector<WindowStore::Entry> stored_;  ///< read at the start, until their use case comes
  Updater updater_;
  Timer tick_timer_, persist_timer_, report_timer_;
  sparkplug::DataEncoder encoder_;
  std::string json_, payload_;
  struct Waiting {
    std::string asset, metrics;
  };
  std::deque<Waiting> waiting_;  ///< decisions made while the node was not born; bounded, the oldest go
  std::set<std::string> devices_;
  std::set<std::string> known_hashes_;  ///< "use case@hash": files that are active
  std::vector<std::string> errors_;     ///< for the next report
  bool saving_ = false;
  MetricRegistry metrics_;
  std::unique_ptr<http::Server> metrics_server_;
  std::uint64_t decisions_published_ = 0, decisions_lost_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// Real adapters for a configuration.
EdgePorts make_edge_ports(Loop& loop, const EdgeConfig& config);

}  // namespace millrace
