#include "net/mqtt/client.hpp"

#include "net/mqtt/mosquitto/session.hpp"
#include "net/tls/renewal.hpp"
#include "runtime/backoff.hpp"

#include <fmt/format.h>
#include <netdb.h>

#include <optional>
#include <set>

namespace millrace::mqtt {
namespace {

constexpr std::int64_t kCloseLimitUs = 500'000;

/// As for "localhost" on most machines.
bool has_both_families(const std::string& host) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return false;
  std::set<int> families;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) families.insert(each->ai_family);
  ::freeaddrinfo(found);
  return families.contains(AF_INET) && families.contains(AF_INET6);
}

/// Keeps a session alive: a new one after each loss, with growing delays.
class MosquittoClient final : public Client {
 public:
  MosquittoClient(Loop& loop, ClientOptions options)
      : loop_(loop),
        options_(std::move(options)),
        retry_(loop),
        backoff_(options_.reconnect_min_us, options_.reconnect_max_us) {
    if (options_.credentials) certificates_.emplace(*options_.credentials, tls::Role::client, options_.host);
  }
  ~MosquittoClient() override { *alive_ = false; }

  void start(Handlers handlers) override {
    handlers_ = std::move(handlers);
    running_ = true;
    retry_.after_us(0, [this] { connect(); });
  }

  void stop() override {
    running_ = false;
    retry_.cancel();
    if (!session_) return;
    if (session_->in_callback()) {
      loop_.post([this, alive = alive_] {
        if (*alive && !running_) stop();
      });
      return;
    }
    session_->close(kCloseLimitUs);
    session_.reset();
  }

  [[nodiscard]] bool connected() const override { return session_ && session_->connected(); }
  [[nodiscard]] std::size_t outgoing_bytes() const override { return session_ ? session_->outgoing_bytes() : 0; }

  Result<void> subscribe(const std::vector<std::string>& filters, int quality_of_service) override {
    if (!connected()) return not_connected();
    return session_->subscribe(filters, quality_of_service);
  }

  Result<void> publish(std::string_view topic, std::string_view payload, int quality_of_service, bool retain) override {
    if (!connected()) return not_connected();
    return session_->publish(topic, payload, quality_of_service, retain);
  }

 private:
  void connect() {
    if (const auto outcome = open_session(); !outcome) on_lost(outcome.error());
  }

  Result<void> open_session() {
    tls::Context tls;
    if (certificates_) {
      TRY_ASSIGN(tls, certificates_->current(loop_.clock().now_us()));
    }
    session_ = std::make_unique<Session>(loop_, options_, std::move(tls),
                                         Session::Events{.connected = [this] { on_connected(); },
                                                         .message =
                                                             [this](const Message& message) {
                                                               if (running_ && handlers_.on_message)
                                                                 handlers_.on_message(message);
                                                             },
                                                         .refused = handlers_.on_refused,
                                                         .lost = [this](const Error& why) { on_lost(why); }});
    return session_->connect(handlers_.will ? handlers_.will() : std::nullopt, ipv4_only_);
  }

  void on_connected() {
    backoff_.reset();
    told_.clear();
    was_connected_ = true;
    if (handlers_.on_connected) handlers_.on_connected();
  }

  void on_lost(const Error& why) {
    const bool is_unanswered = session_ && session_->unanswered();
    session_.reset();
    if (!running_) return;
    if (is_unanswered) {  // the other kind of address belongs to the same attempt
      ipv4_only_ = !ipv4_only_ && has_both_families(options_.host);
      if (ipv4_only_) return retry_.after_us(0, [this] { connect(); });
    }
    retry_.after_us(backoff_.next_us(), [this] { connect(); });
    bool news = told_.insert(why.message).second || was_connected_;
    was_connected_ = false;
    if (news && handlers_.on_disconnected) handlers_.on_disconnected(why);
  }

  [[nodiscard]] tl::unexpected<Error> not_connected() const {
    return fail(ErrorCode::unavailable,
                fmt::format("not connected to the MQTT broker {}:{}", options_.host, options_.port));
  }

  Loop& loop_;
  ClientOptions options_;
  std::optional<tls::RenewedContext> certificates_;
  Handlers handlers_;
  Timer retry_;
  Backoff backoff_;
  std::unique_ptr<Session> session_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::set<std::string> told_;  ///< reasons since the last connection
  bool ipv4_only_ = false;
  bool running_ = false;
  bool was_connected_ = false;
};

}  // namespace

std::unique_ptr<Client> make_mosquitto_client(Loop& loop, ClientOptions options) {
  return std::make_unique<MosquittoClient>(loop, std::move(options));
}

}  // namespace millrace::mqtt
