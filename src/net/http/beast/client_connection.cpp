#include "net/http/beast/client_connection.hpp"

#include "net/http/beast/convert.hpp"
#include "net/tls/context.hpp"

#include <fmt/format.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <chrono>
#include <optional>
#include <type_traits>

namespace millrace::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using ErrorOf = beast::error_code;

template <typename Stream>
class ClientConnectionOn final : public ClientConnection,
                                 public std::enable_shared_from_this<ClientConnectionOn<Stream>> {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  template <typename... Arguments>
  ClientConnectionOn(Loop& loop, const ClientOptions& options, Origin origin, Arguments&&... arguments)
      : options_(options),
        origin_(std::move(origin)),
        resolver_(loop.context()),
        stream_(std::forward<Arguments>(arguments)...),
        deadline_(loop) {}

  void exchange(const Call& call, std::function<void(Outcome)> done) override {
    done_ = std::move(done);
    prepare(call);
    deadline_.after_us(options_.timeout_us, [weak = this->weak_from_this()] {
      if (auto connection = weak.lock()) connection->time_out();
    });
    connected_ ? write() : resolve();
  }

  void abandon() override {
    done_ = nullptr;
    close();
  }

 private:
  auto self() { return this->shared_from_this(); }
  beast::tcp_stream& tcp_stream() { return beast::get_lowest_layer(stream_); }
  [[nodiscard]] std::string url() const { return options_.base_url; }

  void close() {
    ErrorOf ignored;
    resolver_.cancel();
    tcp_stream().socket().close(ignored);
    deadline_.cancel();
    connected_ = false;
  }

  void prepare(const Call& call) {
    request_ = {};
    request_.version(11);
    request_.method_string(call.method);
    request_.target(call.target);
    bool literal_six = origin_.host.find(':') != std::string::npos;
    request_.set(beast::http::field::host,
                 fmt::format("{}:{}", literal_six ? "[" + origin_.host + "]" : origin_.host, origin_.port));
    request_.set(beast::http::field::user_agent, "millrace");
    if (!call.body.empty()) request_.set(beast::http::field::content_type, "application/json");
    for (const auto& [name, value] : call.headers) request_.set(name, value);
    request_.body() = call.body;
    request_.prepare_payload();
    head_ = request_.method() == beast::http::verb::head;
    reused_ = connected_;
  }

  void resolve() {
    resolver_.async_resolve(
        origin_.host, origin_.port, [self = self()](ErrorOf error, const tcp::resolver::results_type& found) {
          if (error) return self->fail_with(error, "cannot find");
          self->tcp_stream().async_connect(found, [self](ErrorOf connect_error, const tcp::endpoint&) {
            if (connect_error) return self->fail_with(connect_error, "cannot connect to");
            ErrorOf ignored;
            self->tcp_stream().socket().set_option(tcp::no_delay(true), ignored);
            self->handshake();
          });
        });
  }

  void handshake() {
    if constexpr (kTls) {
      ErrorOf is_name;
      asio::ip::make_address(origin_.host, is_name);
      if (is_name)
        SSL_set_tlsext_host_name(stream_.native_handle(), origin_.host.c_str());  // RFC 6066, 3: no addresses
      stream_.async_handshake(asio::ssl::stream_base::client, [self = self()](ErrorOf error) {
        if (error) return self->fail_with(error, "cannot talk securely to");
        self->connected_ = true;
        self->write();
      });
    } else {
      connected_ = true;
      write();
    }
  }

  void write() {
    beast::http::async_write(stream_, request_, [self = self()](ErrorOf error, std::size_t) {
      // A server may refuse a body it will not read and close: then its answer is still worth reading.
      if (error && self->reused_) return self->fail_with(error, "lost the connection to");
      self->read();
    });
  }

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeaderLimitBytes * 4);
    parser_->body_limit(options_.body_limit_bytes);
    parser_->skip(head_);
    beast::http::async_read(stream_, buffer_, *parser_, [self = self()](ErrorOf error, std::size_t) {
      if (error) return self->fail_with(error, "lost the connection to");
      auto message = self->parser_->release();
      bool keep = message.keep_alive() && !self->parser_->need_eof();
      self->finish({.response = from_beast(message), .keep_alive = keep});
    });
  }

  void finish(Outcome outcome) {
    parser_.reset();
    deadline_.cancel();
    if (!outcome.keep_alive) close();
    if (auto done = std::exchange(done_, nullptr)) done(std::move(outcome));
  }

  void time_out() {
    finish({.response = fail(ErrorCode::timed_out,
                             fmt::format("{} does not answer within {} ms", url(), options_.timeout_us / 1000))});
  }

  void fail_with(ErrorOf error, std::string_view doing) {
    bool stale = reused_ && error != beast::http::error::body_limit && (!parser_ || !parser_->got_some());
    auto code = ErrorCode::unavailable;
    auto why = error.message();
    if (error == beast::http::error::body_limit) {
      code = ErrorCode::exhausted;
      why = fmt::format("the answer is larger than {} bytes", options_.body_limit_bytes);
    }
    if constexpr (kTls) {
      auto refused = tls::verification_failure(SSL_get_SSL_CTX(stream_.native_handle()));
      if (!refused.empty()) why = refused;
      bool alert =
          why.find("alert") != std::string::npos;  // TLS 1.3: a refused client certificate shows at the first read
      if (alert)
        why = fmt::format("it refuses the certificate {}: {}", options_.credentials->certificate.string(), why);
      if (!refused.empty() || alert) code = ErrorCode::unauthenticated;
    }
    finish({.response = fail(code, fmt::format("{} {}: {}", doing, url(), why)), .stale = stale});
  }

  const ClientOptions options_;  // a copy: operations under way outlive the client
  Origin origin_;
  tcp::resolver resolver_;
  Stream stream_;
  Timer deadline_;
  beast::flat_buffer buffer_;
  BeastRequest request_;
  std::optional<beast::http::response_parser<beast::http::string_body>> parser_;
  std::function<void(Outcome)> done_;
  bool connected_ = false;
  bool reused_ = false;
  bool head_ = false;
};

}  // namespace

std::shared_ptr<ClientConnection> make_client_connection(Loop& loop, const ClientOptions& options, Origin origin,
                                                         asio::ssl::context* tls) {
  if (tls != nullptr) {
    return std::make_shared<ClientConnectionOn<TlsStream>>(loop, options, std::move(origin), loop.context(), *tls);
  }
  return std::make_shared<ClientConnectionOn<PlainStream>>(loop, options, std::move(origin), loop.context());
}

}  // namespace millrace::http
