#pragma once

#include "base/result.hpp"
#include "net/mqtt/client.hpp"
#include "net/mqtt/mosquitto/outgoing.hpp"
#include "net/tls/context.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct mosquitto;
struct mosquitto_message;

namespace millrace::mqtt {

/// One connection's life: a libmosquitto instance of its own, so that nothing of an earlier connection (unsent
/// packets, the will) can leak into the next. `Events` run on the loop's thread; after `lost` the session is dead.
class Session {
 public:
  struct Events {
    std::function<void()> connected;
    std::function<void(const Message&)> message;
    std::function<void(const Error&)> refused;
    std::function<void(Error)> lost;  ///< once, never from inside another call
  };
  /// `tls`: what to show and whom to trust; empty: plain TCP.
  Session(Loop& loop, const ClientOptions& options, tls::Context tls, Events events);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Starts connecting; the outcome is `connected` or `lost`. An error when it cannot even start. libmosquitto tries
  /// the first address of a name only: `ipv4_only` passes over the others, which usually come first.
  Result<void> connect(const std::optional<Will>& will, bool ipv4_only);
  Result<void> subscribe(const std::vector<std::string>& filters, int quality_of_service);
  Result<void> publish(std::string_view topic, std::string_view payload, int quality_of_service, bool retain);
  /// DISCONNECT, what is queued before it included; waits up to `limit_us`.
  void close(std::int64_t limit_us);

  [[nodiscard]] bool connected() const { return connected_; }
  /// The name was resolved, and nothing took the TCP connection.
  [[nodiscard]] bool unanswered() const { return socket_.has_value() && !reached_; }
  [[nodiscard]] bool in_callback() const { return in_callback_; }
  [[nodiscard]] std::size_t outgoing_bytes() const { return outgoing_.bytes(); }

 private:
  Result<void> configure(const std::optional<Will>& will);
  void set_callbacks();
  Result<void> watch_socket();
  void wait_readable();
  void read_after_us(std::int64_t pause_us);
  void wait_writable();
  void read();
  [[nodiscard]] bool is_drained() const;
  void write();
  void hold_back();
  void cork(bool on);
  void let_go();
  void after_io(int code);
  void give_up(Error why);
  [[nodiscard]] Error failure(int code) const;
  [[nodiscard]] std::string address() const;

  Loop& loop_;
  const ClientOptions& options_;
  Events events_;
  tls::Context tls_;
  mosquitto* mosquitto_ = nullptr;
  std::optional<boost::asio::posix::stream_descriptor> socket_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< handlers that are still queued when we are gone
  Timer housekeeping_;
  Timer deadline_;
  Timer pause_;
  OutgoingBytes outgoing_;
  std::string topic_;        ///< libmosquitto wants a terminating zero; kept for its capacity
  std::string last_log_;     ///< what the library said last about an error
  int connect_reason_ = -1;  ///< CONNACK's reason code, until it is handled
  int disconnect_reason_ = 0;
  bool connected_ = false;
  bool in_callback_ = false;
  bool reached_ = false;   ///< TCP is connected
  bool received_ = false;  ///< a message, in this wake-up
  bool read_awaited_ = false;
  bool pausing_ = false;  ///< a read comes by itself
  bool writable_awaited_ = false;
  int published_ = 0;    ///< in this turn of the loop
  bool corked_ = false;  ///< the socket collects what is written
  bool lost_ = false;
};

}  // namespace millrace::mqtt
