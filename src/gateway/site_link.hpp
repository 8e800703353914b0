#pragma once

#include "gateway/replay_ring.hpp"
#include "net/mqtt/client.hpp"
#include "runtime/loop.hpp"
#include "sparkplug/edge_node.hpp"
#include "sparkplug/host.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct SiteLinkOptions {
  std::string site, node;
  std::vector<std::string> edges;         ///< whose decisions are listened to
  std::size_t outgoing_bytes = 1u << 20;  ///< a replay waits while more than this is not written yet
};

/// The text metrics of one message of an edge node.
struct EdgeMessage {
  struct Text {
    std::string metric, text;
    std::uint64_t time_ms = 0;
    bool is_historical = false;
  };
  std::string node, device;  ///< device empty: the node itself
  std::string epoch;         ///< empty: not numbered
  std::uint64_t batch = 0;
  bool is_live = false;  ///< not numbered, of an edge that sends everything again with a number
  std::vector<Text> texts;
};

/// The gateway at the site's broker: an edge node that publishes what it reads at once, and a host that hears the
/// edges. Two connections, for MQTT has one will per connection and both roles need one.
class SiteLink {
 public:
  struct Handlers {
    std::function<void(std::string_view device, sparkplug::Payload& birth)> birth;
    std::function<void(const EdgeMessage& message)> on_message;
    std::function<void(bool connected)> on_state = {};
    /// Why a connection failed, each reason once until the next connection; that births wait for it to take more.
    std::function<void(const Error& why)> on_problem = {};
  };
  struct Counters {
    std::uint64_t messages = 0, lost = 0, replayed = 0;
  };
  SiteLink(Loop& loop, std::unique_ptr<mqtt::Client> node_client, std::unique_ptr<mqtt::Client> host_client,
           SiteLinkOptions options, Handlers handlers);
  ~SiteLink();
  SiteLink(const SiteLink&) = delete;
  SiteLink& operator=(const SiteLink&) = delete;

  void start();
  void stop();
  void add_device(const std::string& device);
  void remove_device(const std::string& device);
  /// At once or never: what the broker does not take is in the replay ring.
  void publish(const std::string& device, std::string_view metrics);
  /// What a replay reads from; `device_name` names its assets. nullptr: nothing to replay.
  void set_replay(const ReplayRing* ring, std::function<const std::string&(std::uint32_t)> device_name);
  /// Tells an edge which of its batches are durable here.
  void acknowledge(const std::string& edge, const std::string& epoch, const std::string& ranges);
  [[nodiscard]] bool connected() const { return node_.born(); }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  void report(const Error& why) const;
  void on_data(const sparkplug::DeviceState& device, std::string_view payload);
  void on_command(const sparkplug::Payload& command);
  void replay();
  void end_replay();

  Loop& loop_;
  std::unique_ptr<mqtt::Client> node_client_, host_client_;
  SiteLinkOptions options_;
  Handlers handlers_;
  sparkplug::EdgeNode node_;
  sparkplug::Host host_;
  Timer timer_, replay_timer_;
  const ReplayRing* ring_ = nullptr;
  std::function<const std::string&(std::uint32_t)> device_name_;
  std::optional<std::uint64_t> replay_from_ms_;  ///< nothing: none under way
  std::uint32_t replay_asset_ = 0;
  std::string buffer_;
  Counters counters_;
};

}  // namespace millrace
