#include "net/http/client.hpp"

#include "net/http/beast/client_connection.hpp"
#include "net/http/beast/convert.hpp"
#include "net/tls/renewal.hpp"

#include <fmt/format.h>

#include <deque>
#include <optional>

namespace millrace::http {
namespace {

using Done = std::function<void(Result<Response>)>;

/// Requests one after the other over one connection that is kept.
class BeastClient final : public Client {
 public:
  BeastClient(Loop& loop, ClientOptions options) : loop_(loop), options_(std::move(options)) {}
  ~BeastClient() override {
    if (connection_) connection_->abandon();
  }

  void send(std::string method, std::string target, std::string body, Headers headers, Done done) override {
    waiting_.push_back({{std::move(method), std::move(target), std::move(body), std::move(headers)}, std::move(done)});
    if (!busy_) next();
  }

 private:
  struct Request {
    ClientConnection::Call call;
    Done done;
  };

  void next() {
    busy_ = !waiting_.empty();
    if (!busy_) return;
    auto ready = check(waiting_.front().call);
    if (ready && !connection_) ready = connect();
    if (!ready) {
      loop_.post([this, alive = std::weak_ptr<bool>(alive_), error = std::move(ready).error()]() mutable {
        if (!alive.expired()) finish(fail(std::move(error)));
      });
      return;
    }
    connection_->exchange(waiting_.front().call, [this](ClientConnection::Outcome outcome) {
      if (!outcome.keep_alive) connection_.reset();
      // Only what may be repeated without harm is repeated (RFC 9110, 9.2.2).
      const auto& method = waiting_.front().call.method;
      if (outcome.stale && (method == "GET" || method == "HEAD")) return next();
      finish(std::move(outcome.response));
    });
  }

  void finish(Result<Response> outcome) {
    auto done = std::move(waiting_.front().done);
    waiting_.pop_front();
    std::weak_ptr<bool> alive = alive_;
    if (done) done(std::move(outcome));  // may send the next request, or destroy this client
    if (!alive.expired()) next();
  }

  static Result<void> check(const ClientConnection::Call& call) {
    bool clean = is_header_text(call.method) && is_header_text(call.target) && call.target.starts_with('/') &&
                 call.target.find(' ') == std::string::npos;
    for (const auto& [name, value] : call.headers) clean = clean && is_header_text(name) && is_header_text(value);
    if (clean) return {};
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{} {}' cannot be sent as a request", call.method, call.target));
  }

  Result<void> connect() {
    TRY_ASSIGN(auto origin, parse_origin(options_.base_url));
    tls_.reset();
    if (origin.tls) {
      if (!options_.credentials) {
        return fail(ErrorCode::invalid_argument, fmt::format("{} needs a certificate to show", options_.base_url));
      }
      if (!certificates_) certificates_.emplace(*options_.credentials, tls::Role::client, origin.host);
      TRY_ASSIGN(auto context, certificates_->current(loop_.clock().now_us()));
      tls_.emplace(context.release());
    }
    connection_ = make_client_connection(loop_, options_, std::move(origin), tls_ ? &*tls_ : nullptr);
    return {};
  }

  Loop& loop_;
  ClientOptions options_;
  std::optional<tls::RenewedContext> certificates_;
  std::optional<boost::asio::ssl::context> tls_;
  std::shared_ptr<ClientConnection> connection_;
  std::deque<Request> waiting_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  bool busy_ = false;
};

}  // namespace

std::unique_ptr<Client> make_beast_client(Loop& loop, ClientOptions options) {
  return std::make_unique<BeastClient>(loop, std::move(options));
}

Result<Response> fetch(const ClientOptions& options, std::string method, std::string target, std::string body,
                       Headers headers) {
  SystemClock clock;
  Loop loop(clock);
  auto client = make_beast_client(loop, options);
  std::optional<Result<Response>> outcome;
  client->send(std::move(method), std::move(target), std::move(body), std::move(headers),
               [&](Result<Response> result) { outcome = std::move(result); });
  loop.run_until([&] { return outcome.has_value(); }, options.timeout_us + 5'000'000);
  if (!outcome) return fail(ErrorCode::timed_out, fmt::format("{} does not answer", options.base_url));
  return std::move(*outcome);
}

}  // namespace millrace::http
