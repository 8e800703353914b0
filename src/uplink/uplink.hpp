#pragma once

#include "net/mqtt/client.hpp"
#include "runtime/loop.hpp"
#include "runtime/worker_pool.hpp"
#include "sparkplug/delivery.hpp"
#include "sparkplug/edge_node.hpp"
#include "spool/spool.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace millrace {

struct UplinkOptions {
  std::string site, node;
  std::string primary_host = {};  ///< births wait for this Sparkplug host; empty: they do not
  std::int64_t group_commit_us = 100'000;
  std::int64_t resend_after_us = 10'000'000;
  std::size_t window = sparkplug::DeliveryOptions{}.window;  ///< batches sent and not acknowledged, at most
  std::size_t recent_bytes = 8u << 20;    ///< fresh batches kept in memory, so that they need not be read back
  std::size_t outgoing_bytes = 1u << 20;  ///< handed to the broker connection and not written yet
  std::size_t queue_bytes = 8u << 20;     ///< waiting for the spool; beyond it nothing is taken
};

/// Store and forward as a Sparkplug edge node: group commit to the spool, then messages with batch numbers until the
/// receiver acknowledged them. The gateway's way to the platform, and the edge's way to its gateway. The spool is used
/// on a thread of its own. A batch counts as safe with `on_durable`.
class Uplink {
 public:
  struct Handlers {
    /// Adds the device's metrics to its birth ("": the node's own). The uplink adds Millrace's own metrics.
    std::function<void(std::string_view device, sparkplug::Payload& birth)> birth;
    /// The spool takes nothing (false) or again something (true).
    std::function<void(bool open)> on_open = {};
    /// Of the spool and of the broker's connection.
    std::function<void(const Error& why)> on_problem = {};
  };
  struct Counters {
    std::uint64_t batches_committed = 0, commits = 0, failed_commits = 0;
    std::uint64_t batches_sent = 0, batches_sent_again = 0, batches_acknowledged = 0, gaps = 0;
    std::uint64_t spool_bytes = 0, spool_batches = 0;
  };
  /// The device of an item that is a message of the node itself; no device can have this name.
  static constexpr const char* node_itself = "/";
  /// One message for the receiver. `remember` goes into the same transaction as the batch.
  struct Item {
    std::string device;
    std::string metrics;
    std::uint64_t points = 0;
    Spool::Memory remember = {};
    std::function<void()> on_durable = {};
  };

  Uplink(Loop& loop, std::unique_ptr<Spool> spool, std::unique_ptr<mqtt::Client> client, UplinkOptions options,
         Handlers handlers);
  ~Uplink();
  Uplink(const Uplink&) = delete;
  Uplink& operator=(const Uplink&) = delete;

  /// Before `start`, on this thread: what earlier lives remembered.
  Result<std::string> recall(std::string_view key) const { return spool_->recall(key); }
  Result<Spool::Memory> recall_all(std::string_view prefix) const { return spool_->recall_all(prefix); }
  Result<void> start();
  /// Commits what waits, says farewell. Blocks for the last commit.
  void stop();

  void add_device(const std::string& device);
  /// Asked at each group commit for what waits.
  std::function<void(std::vector<Item>&)> collect;
  /// False: too much waits already, the item was not taken.
  bool add(Item item);
  void remember(std::string key, std::string value);
  /// At once or never, without a number: for who must know now. Who must not miss it reads the numbered messages.
  /// `payload` is left longer.
  Result<void> publish_live(std::string_view device, std::string& payload) {
    return node_.publish_data(device, payload, loop_.clock().now_us());
  }
  /// False: what is added now would wait in memory without bound.
  [[nodiscard]] bool open() const { return open_; }
  [[nodiscard]] bool connected() const { return node_.born(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Job;
  struct Recent {
    std::string device, metrics;
  };
  void report(const Error& problem) const;
  void start_client();
  void flush();
  void on_committed(Job& job);
  void on_durable();
  void keep_recent(std::uint64_t number, Item& item);
  void set_open(bool open);
  void pump();
  bool send(const sparkplug::Delivery::Next& next);
  void read_back(std::uint64_t number);
  void on_command(const sparkplug::Payload& command);
  Result<void> publish(std::uint64_t number, const std::string& device, std::string_view metrics, bool is_historical);
  void births(std::string_view device, sparkplug::Payload& birth) const;

  Loop& loop_;
  std::unique_ptr<Spool> spool_;  ///< after start: on the worker only
  std::unique_ptr<mqtt::Client> client_;
  UplinkOptions options_;
  Handlers handlers_;
  std::string epoch_;
  sparkplug::EdgeNode node_;
  sparkplug::Delivery delivery_;
  Timer flush_timer_, pump_timer_;
  std::vector<Item> waiting_;
  std::size_t waiting_bytes_ = 0;
  Spool::Memory remember_;
  std::vector<BatchRange> acknowledged_;
  std::unordered_map<std::uint64_t, Recent> recent_;
  std::deque<std::uint64_t> recent_order_;
  std::size_t recent_bytes_ = 0;
  std::unordered_map<std::uint64_t, Recent> read_back_;  ///< empty device: a gap record
  std::shared_ptr<Job> job_;                             ///< the commit under way
  std::vector<std::uint64_t> uncommitted_;               ///< in the spool's memory: durable with the next good commit
  std::vector<std::function<void()>> on_durable_;        ///< of those
  std::string buffer_;
  Counters counters_;
  bool reading_ = false, open_ = true, stopping_ = false, sent_since_commit_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< work may come back when this object is gone
  std::unique_ptr<WorkerPool> worker_;                          // last: ends before what it uses
};

}  // namespace millrace
