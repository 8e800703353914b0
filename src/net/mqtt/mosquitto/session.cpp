#include "net/mqtt/mosquitto/session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace millrace::mqtt {
namespace {

constexpr std::int64_t kConnectLimitUs = 10'000'000;
constexpr std::int64_t kHousekeepingUs = 1'000'000;
constexpr int kPacketsPerWakeUp = 512;      // then other handlers of the loop get their turn
constexpr int kCorked = 16;                 // messages of one turn of the loop that leave the socket together
constexpr int kUnacknowledgedLimit = 1000;  // the broker's Receive Maximum caps it (Mosquitto: max_inflight_messages)

int connect_error(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return error;
  // With TLS the library has tried to write already and taken the socket's error with it.
  sockaddr_storage peer{};
  size = sizeof peer;
  return ::getpeername(socket, reinterpret_cast<sockaddr*>(&peer), &size) == 0 ? 0 : ECONNREFUSED;
}

/// "OpenSSL Error[0]: error:0A000418:SSL routines::tlsv1 alert unknown ca" -> "tlsv1 alert unknown ca"
std::string_view reason_of(std::string_view log) {
  auto at = log.rfind("::");
  return at == std::string_view::npos ? log : log.substr(at + 2);
}

}  // namespace

Session::Session(Loop& loop, const ClientOptions& options, tls::Context tls, Events events)
    : loop_(loop),
      options_(options),
      events_(std::move(events)),
      tls_(std::move(tls)),
      housekeeping_(loop),
      deadline_(loop),
      pause_(loop) {}

Session::~Session() {
  *alive_ = false;
  socket_.reset();
  if (mosquitto_ != nullptr) mosquitto_destroy(mosquitto_);
}

std::string Session::address() const { return fmt::format("{}:{}", options_.host, options_.port); }

Result<void> Session::configure(const std::optional<Will>& will) {
  static const int library = mosquitto_lib_init();
  mosquitto_ = library == MOSQ_ERR_SUCCESS ? mosquitto_new(options_.client_id.c_str(), true, this) : nullptr;
  if (mosquitto_ == nullptr) return fail(ErrorCode::internal, "cannot make an MQTT client");
  mosquitto_int_option(mosquitto_, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(mosquitto_, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_int_option(mosquitto_, MOSQ_OPT_SEND_MAXIMUM, kUnacknowledgedLimit);
  mosquitto_int_option(mosquitto_, MOSQ_OPT_RECEIVE_MAXIMUM, kUnacknowledgedLimit);
  set_callbacks();
  if (tls_) {
    // The broker makes a TLS record of each packet: without this, each costs two read(2). The buffer keeps its 16 KiB:
    // OpenSSL moves what is left in it for each record.
    SSL_CTX_set_read_ahead(tls_.get(), 1);
    if (mosquitto_void_option(mosquitto_, MOSQ_OPT_SSL_CTX, tls_.get()) != MOSQ_ERR_SUCCESS) {
      return fail(ErrorCode::internal, "libmosquitto refuses the TLS context");
    }
    mosquitto_int_option(mosquitto_, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
  }
  if (will) {
    int code = mosquitto_will_set_v5(mosquitto_, will->topic.c_str(), static_cast<int>(will->payload.size()),
                                     will->payload.data(), will->quality_of_service, will->retain, nullptr);
    if (code != MOSQ_ERR_SUCCESS) {
      return fail(ErrorCode::invalid_argument, fmt::format("will on {}: {}", will->topic, mosquitto_strerror(code)));
    }
  }
  return {};
}

void Session::set_callbacks() {
  mosquitto_connect_v5_callback_set(mosquitto_, [](mosquitto*, void* self, int reason, int, const mosquitto_property*) {
    static_cast<Session*>(self)->connect_reason_ =
        reason;  // handled when the library has returned: calls are free then
  });
  mosquitto_disconnect_v5_callback_set(mosquitto_, [](mosquitto*, void* self, int reason, const mosquitto_property*) {
    static_cast<Session*>(self)->disconnect_reason_ = reason;
  });
  mosquitto_publish_v5_callback_set(mosquitto_, [](mosquitto*, void* self, int id, int, const mosquitto_property*) {
    static_cast<Session*>(self)->outgoing_.done(id);
  });
  mosquitto_subscribe_v5_callback_set(
      mosquitto_, [](mosquitto*, void* self, int, int count, const int* granted, const mosquitto_property*) {
        auto& session = *static_cast<Session*>(self);
        for (int i = 0; i < count; ++i) {
          if (granted[i] < MQTT_RC_UNSPECIFIED || !session.events_.refused) continue;
          session.in_callback_ = true;
          session.events_.refused(
              {ErrorCode::permission_denied, fmt::format("{} refuses subscription {} of {}: {}", session.address(),
                                                         i + 1, count, mosquitto_reason_string(granted[i]))});
          session.in_callback_ = false;
        }
      });
  mosquitto_message_v5_callback_set(
      mosquitto_, [](mosquitto*, void* self, const mosquitto_message* message, const mosquitto_property*) {
        auto& session = *static_cast<Session*>(self);
        if (session.lost_) return;
        session.received_ = true;
        session.in_callback_ = true;
        session.events_.message(
            {message->topic,
             {static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen)},
             message->retain});
        session.in_callback_ = false;
        errno = 0;  // the library takes a stale EAGAIN for its own and would leave decrypted packets unread
      });
  mosquitto_log_callback_set(mosquitto_, [](mosquitto*, void* self, int level, const char* text) {
    if (level == MOSQ_LOG_ERR || level == MOSQ_LOG_WARNING) static_cast<Session*>(self)->last_log_ = text;
  });
}

Result<void> Session::connect(const std::optional<Will>& will, bool ipv4_only) {
  TRY(configure(will));
  errno = 0;
  int code = mosquitto_connect_bind_async(mosquitto_, options_.host.c_str(), options_.port, options_.keep_alive_s,
                                          ipv4_only ? "0.0.0.0" : nullptr);
  if (code != MOSQ_ERR_SUCCESS) return fail(failure(code));
  TRY(watch_socket());
  deadline_.after_us(kConnectLimitUs, [this] {
    if (!connected_) give_up({ErrorCode::timed_out, fmt::format("the MQTT broker {} does not answer", address())});
  });
  housekeeping_.every_us(kHousekeepingUs, [this] { after_io(mosquitto_loop_misc(mosquitto_)); });
  wait_writable();
  return {};
}

Result<void> Session::watch_socket() {
  // A duplicate, because the library closes its own descriptor whenever it likes, and a number that is closed under
  // Asio may belong to somebody else when Asio looks again.
  int copy = ::fcntl(mosquitto_socket(mosquitto_), F_DUPFD_CLOEXEC, 0);
  boost::system::error_code error;
  if (copy >= 0) {
    socket_.emplace(loop_.context());
    static_cast<void>(socket_->assign(copy, error));
    if (error) ::close(copy);
  }
  if (copy < 0 || error) return fail(ErrorCode::unavailable, fmt::format("cannot watch the socket to {}", address()));
  return {};
}

void Session::wait_readable() {
  if (lost_ || !socket_ || read_awaited_ || pausing_) return;
  read_awaited_ = true;
  socket_->async_wait(socket_->wait_read, [this, alive = alive_](const boost::system::error_code& error) {
    if (error || !*alive) return;
    read_awaited_ = false;
    if (!pausing_) read();
  });
}

void Session::read_after_us(std::int64_t pause_us) {
  pausing_ = true;
  pause_.after_us(pause_us, [this] {
    pausing_ = false;
    read();
  });
}

void Session::wait_writable() {
  if (lost_ || !socket_ || writable_awaited_) return;
  writable_awaited_ = true;
  socket_->async_wait(socket_->wait_write, [this, alive = alive_](const boost::system::error_code& error) {
    if (error || !*alive) return;
    writable_awaited_ = false;
    write();
  });
}

/// True when nothing is left in the socket or in OpenSSL's buffer: the next packet shows as readiness.
bool Session::is_drained() const {
  auto* ssl = static_cast<SSL*>(mosquitto_ssl_get(mosquitto_));
  if (ssl != nullptr) return SSL_want_read(ssl);  // errno may be that of an acknowledgement which could not be written
  return errno == EAGAIN || errno == EWOULDBLOCK || mosquitto_socket(mosquitto_) < 0;
}

void Session::read() {
  int code = MOSQ_ERR_SUCCESS;
  bool drained = false;
  received_ = false;
  for (int packets = 0; packets < kPacketsPerWakeUp && code == MOSQ_ERR_SUCCESS && !drained && !lost_; ++packets) {
    errno = 0;
    code = mosquitto_loop_read(mosquitto_, 1);
    drained = is_drained();
    if (code == MOSQ_ERR_SUCCESS && mosquitto_want_write(mosquitto_)) code = mosquitto_loop_write(mosquitto_, 1);
    if (connect_reason_ >= 0) break;
  }
  auto alive = alive_;
  after_io(code);
  if (!*alive || lost_) return;
  if (!drained) return read_after_us(0);  // what is off the socket already would never show as readiness
  if (received_ && options_.receive_pause_us > 0) return read_after_us(options_.receive_pause_us);
  wait_readable();
}

void Session::write() {
  if (!reached_) {  // the first readiness is the outcome of connect(2)
    if (int error = connect_error(socket_->native_handle()); error != 0) {
      give_up({ErrorCode::unavailable, fmt::format("MQTT broker {}: {}", address(), std::strerror(error))});
      return;
    }
    reached_ = true;
  }
  auto* ssl = static_cast<SSL*>(mosquitto_ssl_get(mosquitto_));
  if (ssl != nullptr && !SSL_is_init_finished(ssl)) return read();  // the handshake goes on in the library's read path
  after_io(mosquitto_loop_write(mosquitto_, 1));
  wait_readable();
}

/// libmosquitto writes each packet by itself, and each write(2) to a socket that sends at once costs several
/// microseconds here and wakes the broker. The first message of a turn of the loop goes out at once, as an answer
/// should; those that follow it leave together.
void Session::hold_back() {
  if (++published_ == 1) {
    loop_.post([this, alive = alive_] {
      if (*alive) let_go();
    });
  } else if (published_ % kCorked == 0) {
    cork(false), cork(true);
  } else if (published_ == 2) {
    cork(true);
  }
}

void Session::cork(bool on) {
  const int value = on ? 1 : 0;
  if (socket_) ::setsockopt(socket_->native_handle(), IPPROTO_TCP, TCP_CORK, &value, sizeof value);
  corked_ = on;
}

void Session::let_go() {
  if (corked_) cork(false);
  published_ = 0;
}

void Session::after_io(int code) {
  if (lost_) return;
  if (code != MOSQ_ERR_SUCCESS || mosquitto_socket(mosquitto_) < 0) {
    give_up(failure(code));
    return;
  }
  if (mosquitto_want_write(mosquitto_)) wait_writable();
  if (connect_reason_ < 0) return;
  int reason = std::exchange(connect_reason_, -1);
  if (reason != MQTT_RC_SUCCESS) {
    give_up({ErrorCode::unauthenticated, fmt::format("the MQTT broker {} refuses '{}': {}", address(),
                                                     options_.client_id, mosquitto_reason_string(reason))});
    return;
  }
  deadline_.cancel();
  mosquitto_log_callback_set(mosquitto_, nullptr);  // it would be given a text for each packet
  connected_ = true;
  events_.connected();
}

Error Session::failure(int code) const {
  std::string why = tls_ ? tls::verification_failure(tls_.get()) : std::string();
  if (!why.empty()) return {ErrorCode::unauthenticated, fmt::format("MQTT broker {}: {}", address(), why)};
  if (disconnect_reason_ >= MQTT_RC_UNSPECIFIED) {
    why = mosquitto_reason_string(disconnect_reason_);
  } else if (code == MOSQ_ERR_ERRNO) {
    why = std::strerror(errno);
  } else if (code == MOSQ_ERR_EAI) {
    why = "the host name cannot be resolved";
  } else if (code == MOSQ_ERR_SUCCESS || code == MOSQ_ERR_CONN_LOST || code == MOSQ_ERR_NO_CONN) {
    why = connected_ ? "the connection was lost" : "it does not accept the connection";
  } else {
    why = mosquitto_strerror(code);
  }
  if (tls_ && last_log_.find("alert") != std::string::npos) {
    return {ErrorCode::unauthenticated, fmt::format("MQTT broker {} refuses the certificate {}: {}", address(),
                                                    options_.credentials->certificate.string(), reason_of(last_log_))};
  }
  return {ErrorCode::unavailable, fmt::format("MQTT broker {}: {}", address(), why)};
}

void Session::give_up(Error why) {
  if (lost_) return;
  lost_ = true;
  connected_ = false;
  housekeeping_.cancel();
  deadline_.cancel();
  pause_.cancel();
  loop_.post([this, alive = alive_, why = std::move(why)]() mutable {
    if (*alive) events_.lost(std::move(why));
  });
}

Result<void> Session::subscribe(const std::vector<std::string>& filters, int quality_of_service) {
  std::vector<char*> names;
  for (const auto& filter : filters) names.push_back(const_cast<char*>(filter.c_str()));
  int code = mosquitto_subscribe_multiple(mosquitto_, nullptr, static_cast<int>(names.size()), names.data(),
                                          quality_of_service, 0, nullptr);
  if (code == MOSQ_ERR_INVAL || code == MOSQ_ERR_MALFORMED_UTF8) {
    return fail(ErrorCode::invalid_argument, fmt::format("not topic filters: '{}'", fmt::join(filters, "', '")));
  }
  if (!in_callback_) after_io(code);
  if (code != MOSQ_ERR_SUCCESS) return fail(failure(code));
  return {};
}

Result<void> Session::publish(std::string_view topic, std::string_view payload, int quality_of_service, bool retain) {
  auto size = static_cast<std::uint32_t>(topic.size() + payload.size() + 8);
  if (outgoing_.bytes() != 0 && outgoing_.bytes() + size > options_.outgoing_limit_bytes) {
    return fail(ErrorCode::exhausted,
                fmt::format("{} bytes wait for the MQTT broker {}", outgoing_.bytes(), address()));
  }
  topic_.assign(topic);
  hold_back();
  int id = 0;
  if (quality_of_service == 0) outgoing_.add_unacknowledged(size);  // first: it may be written and done inside the call
  int code = mosquitto_publish_v5(mosquitto_, &id, topic_.c_str(), static_cast<int>(payload.size()), payload.data(),
                                  quality_of_service, retain, nullptr);
  bool taken = code == MOSQ_ERR_SUCCESS;
  if (taken && quality_of_service > 0) outgoing_.add_acknowledged(id, size);
  if (!taken && quality_of_service == 0) outgoing_.undo_unacknowledged();
  if (code == MOSQ_ERR_INVAL || code == MOSQ_ERR_MALFORMED_UTF8 || code == MOSQ_ERR_PAYLOAD_SIZE ||
      code == MOSQ_ERR_OVERSIZE_PACKET || code == MOSQ_ERR_QOS_NOT_SUPPORTED) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("cannot publish {} bytes on '{}': {}", payload.size(), topic, mosquitto_strerror(code)));
  }
  if (!in_callback_) after_io(code);
  if (!taken) return fail(failure(code));
  return {};
}

void Session::close(std::int64_t limit_us) {
  if (mosquitto_ == nullptr || !socket_) return;
  auto until_us = loop_.clock().monotonic_us() + limit_us;
  auto wait_for = [&](short events) {
    auto left_ms = (until_us - loop_.clock().monotonic_us()) / 1000;
    pollfd watched{socket_->native_handle(), events, 0};
    return left_ms > 0 && ::poll(&watched, 1, static_cast<int>(left_ms)) > 0;
  };
  if (connected_ && mosquitto_disconnect_v5(mosquitto_, MQTT_RC_NORMAL_DISCONNECTION, nullptr) == MOSQ_ERR_SUCCESS) {
    while (mosquitto_socket(mosquitto_) >= 0 && mosquitto_want_write(mosquitto_) && wait_for(POLLOUT)) {
      if (mosquitto_loop_write(mosquitto_, 1) != MOSQ_ERR_SUCCESS) break;
    }
    // Read until the broker closes: closing with unread bytes would send a reset, which may overtake the DISCONNECT.
    ::shutdown(socket_->native_handle(), SHUT_WR);
    char ignored[4096];
    while (wait_for(POLLIN) && ::recv(socket_->native_handle(), ignored, sizeof ignored, MSG_DONTWAIT) > 0) {
    }
  }
  connected_ = false;
  lost_ = true;
  housekeeping_.cancel();
  deadline_.cancel();
  pause_.cancel();
  socket_.reset();
}

}  // namespace millrace::mqtt
