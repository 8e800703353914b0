#pragma once

#include "base/time.hpp"
#include "sparkplug/payload.hpp"
#include "sparkplug/publication.hpp"
#include "sparkplug/topic.hpp"

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::sparkplug {

struct EdgeNodeOptions {
  std::string group, node;
  std::string primary_host = {};  ///< births wait until this host is online; empty: do not wait
  std::uint8_t first_bd_seq = 0;  ///< one more than in the process's last life, where the caller remembers it
};

/// A Sparkplug edge node without I/O: connection events and messages in, publications out (Sparkplug B 3.0, chapter 5).
/// It keeps the sequence number, the births and deaths, and answers Rebirth; the values belong to the owner, who is
/// asked for them whenever a birth is due. One server at a time; the owner walks to the next when the primary host is
/// away (tck-id-operational-behavior-primary-application-state-with-multiple-servers-walk).
class EdgeNode {
 public:
  struct Handlers {
    Publish publish;
    /// Adds to `birth` every metric that the device ("": the node itself) will ever send, with its current value.
    /// The session adds bdSeq, Node Control/Rebirth, time and sequence number.
    std::function<void(std::string_view device, Payload& birth)> birth;
    /// An NCMD ("") or DCMD that was no Rebirth; also a Rebirth that came with other metrics.
    std::function<void(std::string_view device, const Payload& command)> command = {};
    /// The births are out: data may flow. False: hold the data back (disconnected, or the primary host is away).
    std::function<void(bool born)> on_born = {};
    /// A birth was not taken (the connection is full): it and those after it follow at `on_timer`. Told once until
    /// then.
    std::function<void(const Error& why)> on_problem = {};
  };

  EdgeNode(EdgeNodeOptions options, Handlers handlers) : options_(std::move(options)), handlers_(std::move(handlers)) {
    bd_seq_ = static_cast<std::uint8_t>(options_.first_bd_seq - 1);
  }

  /// Makes a device known, or born again when its metrics changed. Published at once when the node is born.
  Result<void> add_device(std::string device, TimeUs now_us);
  /// Publishes DDEATH: the device is lost or gone. It is born again by add_device.
  void remove_device(const std::string& device, TimeUs now_us);

  /// Before each CONNECT: the NDEATH with the next bdSeq.
  Testament testament(TimeUs now_us);
  [[nodiscard]] std::uint8_t bd_seq() const { return bd_seq_; }

  /// After CONNACK: subscribe to `subscriptions()` with QoS 1 first, then call this.
  [[nodiscard]] std::vector<std::string> subscriptions() const;
  void on_connected(TimeUs now_us);
  void on_disconnected();
  /// A few times a second: births that the connection did not take go on where they stopped.
  void on_timer(TimeUs now_us);
  /// Messages that are not for this node are passed over. False when it was none of its business.
  bool on_message(std::string_view topic, std::string_view payload, TimeUs now_us);
  /// Before a wanted DISCONNECT (tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath).
  void stop(TimeUs now_us);

  [[nodiscard]] bool born() const { return born_; }
  /// Publishes metrics made by DataEncoder as DDATA ("": NDATA); the session appends time and sequence number to
  /// `payload`, which is left longer. `failed_precondition` before its birth; after an error nothing went out.
  Result<void> publish_data(std::string_view device, std::string& payload, TimeUs now_us);

 private:
  void bear(TimeUs now_us);
  void bear_due(TimeUs now_us);
  Result<void> send_birth(const std::string& device, TimeUs now_us);
  void bury(TimeUs now_us);
  void set_born(bool born);
  void on_state(std::string_view payload, TimeUs now_us);
  void on_command(std::string_view device, std::string_view payload, TimeUs now_us);
  Result<void> send(MessageType type, std::string_view device, std::string_view payload);
  std::string death(TimeUs now_us) const;

  EdgeNodeOptions options_;
  Handlers handlers_;
  std::set<std::string, std::less<>> devices_;
  std::set<std::string, std::less<>> births_due_;  // of devices_, and "": the node's own, which is first
  std::string data_topic_;                         // reused, so that data needs no new topic
  bool connected_ = false;
  bool announced_ = false;  // the NBIRTH is out
  bool born_ = false;       // so are those of the devices
  bool is_told_ = false;    // that births wait
  bool host_online_ = false;
  std::uint64_t host_time_ms_ = 0;
  std::uint8_t bd_seq_ = 0;
  std::uint8_t seq_ = 0;  // of the next message
};

}  // namespace millrace::sparkplug
