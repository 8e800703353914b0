#include "net/http/server.hpp"

#include "net/http/beast/connection.hpp"
#include "net/tls/renewal.hpp"

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>

#include <optional>
#include <unordered_map>

namespace millrace::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorOf = boost::system::error_code;

constexpr std::int64_t kAcceptPauseUs = 100'000;

class BeastServer final : public Server {
 public:
  BeastServer(Loop& loop, ServerOptions options, std::vector<Route> routes)
      : state_(std::make_shared<ServerState>(loop, std::move(options), std::move(routes))),
        acceptor_(loop.context()),
        pause_(loop) {}
  ~BeastServer() override { stop(); }

  Result<void> start() override {
    const auto& options = state_->options;
    if (options.credentials) {
      certificates_.emplace(*options.credentials, tls::Role::server);
      TRY(take_certificates());
    }
    ErrorOf error;
    auto address = asio::ip::make_address(options.address, error);
    if (error)
      return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not an IP address to listen on", options.address));
    tcp::endpoint endpoint(address, options.port);
    (void)acceptor_.open(endpoint.protocol(), error);
    if (!error) (void)acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) (void)acceptor_.bind(endpoint, error);
    if (!error) (void)acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) {
      return fail(ErrorCode::unavailable, fmt::format("cannot listen on {}:{}: {}. Is the port in use?",
                                                      options.address, options.port, error.message()));
    }
    port_ = acceptor_.local_endpoint().port();
    state_->ended = [this](Connection* connection) {
      connections_.erase(connection);
      accept();
    };
    accept();
    return {};
  }

  void stop() override {
    state_->ended = nullptr;
    ErrorOf ignored;
    (void)acceptor_.close(ignored);
    pause_.cancel();
    auto connections = std::move(connections_);
    connections_.clear();
    for (auto& [key, weak] : connections) {
      if (auto connection = weak.lock()) connection->close();
    }
  }

  [[nodiscard]] std::uint16_t port() const override { return port_; }

 private:
  /// Renewed files count from the next connection on.
  Result<void> take_certificates() {
    TRY_ASSIGN(auto context, certificates_->current(state_->loop.clock().now_us()));
    tls_.emplace(context.release());
    return {};
  }

  void accept() {
    if (accepting_ || !acceptor_.is_open() || connections_.size() >= state_->options.connection_limit) return;
    accepting_ = true;
    acceptor_.async_accept([this, alive = std::weak_ptr<bool>(alive_)](ErrorOf error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || alive.expired()) return;
      accepting_ = false;
      if (error) {  // out of descriptors: trying at once would spin
        pause_.after_us(kAcceptPauseUs, [this] { accept(); });
        return;
      }
      if (certificates_) (void)take_certificates();  // there has been a good one: it cannot fail
      auto connection = make_connection(state_, std::move(socket), tls_ ? &*tls_ : nullptr);
      connections_[connection.get()] = connection;
      connection->start();
      accept();
    });
  }

  std::shared_ptr<ServerState> state_;
  std::optional<tls::RenewedContext> certificates_;
  std::optional<asio::ssl::context> tls_;
  tcp::acceptor acceptor_;
  Timer pause_;
  std::unordered_map<Connection*, std::weak_ptr<Connection>> connections_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::uint16_t port_ = 0;
  bool accepting_ = false;
};

}  // namespace

std::unique_ptr<Server> make_beast_server(Loop& loop, ServerOptions options, std::vector<Route> routes) {
  return std::make_unique<BeastServer>(loop, std::move(options), std::move(routes));
}

}  // namespace millrace::http
