#pragma once

#include "base/result.hpp"
#include "net/tls/credentials.hpp"
#include "runtime/loop.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::mqtt {

struct Will {
  std::string topic;
  std::string payload;
  int quality_of_service = 1;
  bool retain = false;
};

struct ClientOptions {
  std::string host = "localhost";
  std::uint16_t port = 8883;
  std::string client_id;
  std::optional<Credentials> credentials;  ///< mTLS; without, plain TCP (tests on loopback only)
  int keep_alive_s = 15;
  std::int64_t reconnect_min_us = 200'000;  ///< doubles up to the maximum, with jitter
  std::int64_t reconnect_max_us = 5'000'000;
  /// Beyond it `publish` refuses with `exhausted`: the caller keeps the data. What is larger by itself goes alone.
  std::size_t outgoing_limit_bytes = 8u << 20;
  /// After messages came, the socket is left alone this long, so that one wake-up reads many small ones. Adds at most
  /// as much latency, to those that follow closely upon others; for receivers of streams, not for answering at once.
  std::int64_t receive_pause_us = 0;
};

/// `topic` and `payload` are valid during the call only.
struct Message {
  std::string_view topic;
  std::string_view payload;
  bool retained = false;
};

/// MQTT 5, clean start. Every call and every callback on the loop's thread. Reconnects for ever with backoff; on each
/// connection `will` is asked for anew (a Sparkplug death certificate carries the session number), then `on_connected`
/// runs: subscribe and publish births there, nothing survives a reconnect by itself.
/// `on_disconnected` also tells why a first or further attempt failed, each reason once until the next connection.
/// A client may be stopped, but not destroyed, inside its own callbacks.
class Client {
 public:
  struct Handlers {
    std::function<std::optional<Will>()> will;
    std::function<void()> on_connected;
    std::function<void(const Error& why)> on_disconnected;
    std::function<void(const Message&)> on_message;
    std::function<void(const Error& why)> on_refused = {};  ///< the broker's ACL refused a subscription
  };
  virtual ~Client() = default;
  virtual void start(Handlers handlers) = 0;
  /// Sends DISCONNECT (the broker drops the will) and stops reconnecting.
  /// Outside callbacks it waits up to half a second for what is queued to be written, so that it works without the
  /// loop.
  virtual void stop() = 0;
  [[nodiscard]] virtual bool connected() const = 0;
  virtual Result<void> subscribe(const std::vector<std::string>& filters, int quality_of_service) = 0;
  /// Copies. `unavailable` when not connected, `exhausted` when too much waits to be sent.
  virtual Result<void> publish(std::string_view topic, std::string_view payload, int quality_of_service,
                               bool retain) = 0;
  /// Bytes handed over but not yet written to the socket (QoS 1: not yet acknowledged): back-pressure for senders of
  /// backlogs.
  [[nodiscard]] virtual std::size_t outgoing_bytes() const = 0;
};

/// libmosquitto on the loop's socket readiness; no thread of its own. Resolving a host name may block the loop for as
/// long as the system's resolver takes: give an address or a name in /etc/hosts where that matters.
std::unique_ptr<Client> make_mosquitto_client(Loop& loop, ClientOptions options);

}  // namespace millrace::mqtt
