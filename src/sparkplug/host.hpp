#pragma once

#include "base/time.hpp"
#include "sparkplug/data_decoder.hpp"
#include "sparkplug/payload.hpp"
#include "sparkplug/publication.hpp"
#include "sparkplug/topic.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace millrace::sparkplug {

/// A metric as its birth told it. `tag` belongs to the host's owner: the index of the signal in its own tables.
struct BornMetric {
  std::string name;
  DataType type = DataType::unknown;
  std::uint32_t tag = UINT32_MAX;
};

/// The metrics of one device (or of the node itself), found by alias or name.
class MetricTable {
 public:
  void assign(const Payload& birth);
  void clear();
  /// nullptr: the birth did not tell of it.
  [[nodiscard]] const BornMetric* find(const DataMetric& metric) const {
    if (!metric.has_alias) return find(metric.name);
    if (metric.alias - first_alias_ < by_alias_.size()) {
      auto index = by_alias_[metric.alias - first_alias_];
      return index == none ? nullptr : &metrics_[index];
    }
    return find_sparse(metric.alias);
  }
  [[nodiscard]] const BornMetric* find(std::string_view name) const;
  [[nodiscard]] std::vector<BornMetric>& metrics() { return metrics_; }
  [[nodiscard]] const std::vector<BornMetric>& metrics() const { return metrics_; }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  [[nodiscard]] const BornMetric* find_sparse(std::uint64_t alias) const;

  std::vector<BornMetric> metrics_;
  std::vector<std::uint32_t> by_alias_;  // dense from first_alias_, where the aliases lie close together
  std::uint64_t first_alias_ = 0;
  std::unordered_map<std::uint64_t, std::uint32_t> sparse_;
  std::map<std::string, std::uint32_t, std::less<>> by_name_;
};

struct DeviceState {
  std::string group, node, device;  ///< `device` is empty for the node itself
  bool online = false;              ///< false: every value of it is stale
  MetricTable metrics;
  std::uint64_t tag = 0;  ///< belongs to the host's owner
};

struct HostOptions {
  std::string host;                     ///< name in STATE
  std::string group = "+";              ///< "+": every group
  std::vector<std::string> nodes = {};  ///< these nodes only, so that our own data does not come back; empty: all
  std::int64_t reorder_timeout_us = 2'000'000;  ///< tck-id-operational-behavior-host-reordering-param
  std::size_t reorder_limit = 64;               ///< messages further ahead than this are no reordering; < 128
  std::int64_t rebirth_pause_us = 5'000'000;    ///< at most one rebirth request per node in this time
};

/// A Sparkplug host application without I/O (Sparkplug B 3.0, chapter 5). Messages and time in; births, deaths and data
/// out in the order of the sequence numbers. Data of unknown nodes or devices is dropped and a rebirth asked for.
/// `now_us` is the wall clock's: it is what payloads and handlers are told. Time-outs count on the clock's monotonic
/// time. References to DeviceState stay valid as long as the host lives.
class Host {
 public:
  struct Handlers {
    Publish publish;
    /// After the tables were filled: the owner sets tags. `birth` also carries values and properties.
    std::function<void(DeviceState& device, const Payload& birth, TimeUs now_us)> birth = {};
    /// NDEATH or DDEATH: everything of the device is stale now; NDEATH calls it for each of the node's devices too.
    std::function<void(DeviceState& device, TimeUs now_us)> death = {};
    /// NDATA and DDATA. `payload` is valid during the call only; read it with DataDecoder.
    std::function<void(DeviceState& device, std::string_view payload, TimeUs now_us)> data = {};
    /// A gap in a node's sequence that reordering did not close; the rebirth request went out.
    std::function<void(std::string_view group, std::string_view node)> lost = {};
  };
  Host(HostOptions options, const Clock& clock, Handlers handlers);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  /// Before each CONNECT: STATE offline, with the time that the birth will carry.
  Testament testament(TimeUs now_us);
  /// After CONNACK: subscribe to these with QoS 1, then call `on_connected`, which publishes STATE online.
  [[nodiscard]] std::vector<std::string> subscriptions() const;
  void on_connected(TimeUs now_us);
  /// Without broker nothing is known of the nodes any more: all are offline until their next birth.
  void on_disconnected(TimeUs now_us);
  void on_message(std::string_view topic, std::string_view payload, TimeUs now_us);
  /// Call at least every 500 ms: reorder time-outs.
  void on_timer(TimeUs now_us);
  /// Before a wanted DISCONNECT.
  void stop(TimeUs now_us);

  void request_rebirth(std::string_view group, std::string_view node, TimeUs now_us);
  /// NCMD ("") or DCMD; time is added, a sequence number is not (tck-id-payloads-ncmd-seq).
  Result<void> command(std::string_view group, std::string_view node, std::string_view device, Payload command,
                       TimeUs now_us);
  [[nodiscard]] const DeviceState* find(std::string_view group, std::string_view node,
                                        std::string_view device = {}) const;

 private:
  struct Node;
  Node& node_of(const Topic& topic);
  void on_state(std::string_view payload);
  void on_node_birth(Node& node, std::string_view payload, TimeUs now_us);
  void on_node_death(Node& node, std::string_view payload, TimeUs now_us);
  void accept(Node& node, const Topic& topic, std::string_view payload, TimeUs now_us);
  void drain(Node& node, TimeUs now_us);
  void give_up(Node& node, TimeUs now_us);
  void set_offline(Node& node, TimeUs now_us);
  void publish_state(bool online);

  HostOptions options_;
  const Clock& clock_;
  Handlers handlers_;
  std::map<std::string, std::unique_ptr<Node>, std::less<>> nodes_;  // "group/node"
  std::string key_;                                                  // reused
  std::uint64_t state_time_ms_ = 0;
  bool connected_ = false;
};

}  // namespace millrace::sparkplug
