#include "net/http/beast/connection.hpp"

#include "net/http/beast/convert.hpp"
#include "net/http/event_format.hpp"
#include "net/tls/context.hpp"

#include <fmt/format.h>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include <array>
#include <chrono>
#include <optional>
#include <type_traits>

namespace millrace::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using ErrorOf = beast::error_code;

constexpr auto kHandshakeLimit = std::chrono::seconds(10);
constexpr auto kFarewellLimit = std::chrono::seconds(2);
constexpr std::int64_t kSlowestBytesPerSecond = 16 * 1024;  // large answers get more time than `idle_limit_us`
constexpr std::int64_t kCommentPeriodUs = 15'000'000;

/// Answers for a handler that never does: when its last copy of the Reply is gone, the caller gets an error.
struct ReplyOnce {
  std::function<void(Response)> answer;
  ~ReplyOnce() { give(problem({ErrorCode::internal, "the request was dropped without an answer"})); }
  void give(Response response) {
    if (auto once = std::exchange(answer, nullptr)) once(std::move(response));
  }
};

template <typename Stream>
class ConnectionOn final : public Connection, public std::enable_shared_from_this<ConnectionOn<Stream>> {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  template <typename... Arguments>
  explicit ConnectionOn(std::shared_ptr<ServerState> state, Arguments&&... arguments)
      : state_(std::move(state)), stream_(std::forward<Arguments>(arguments)...), comment_timer_(state_->loop) {}
  ~ConnectionOn() override = default;

  void start() override {
    if constexpr (kTls) {
      tcp().expires_after(kHandshakeLimit);
      stream_.async_handshake(asio::ssl::stream_base::server, [self = self()](ErrorOf error) {
        if (error) return self->end();
        self->peer_name_ = tls::peer_common_name(self->stream_.native_handle());
        self->read_header();
      });
    } else {
      read_header();
    }
  }

  void close() override {
    ErrorOf ignored;
    tcp().socket().close(ignored);
    tcp().cancel();
    end();
  }

  /// For subscribers. False when the buffer is full: then the connection is closed.
  bool send_event(std::string_view event, std::string_view data) {
    if (ended_) return false;
    if (event_buffer_.size() + data.size() > state_->options.event_buffer_bytes) {
      close();
      return false;
    }
    event_buffer_ += format_event(event, data);
    write_events();
    return true;
  }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  class Subscriber final : public EventStream {
   public:
    explicit Subscriber(std::weak_ptr<ConnectionOn> connection) : connection_(std::move(connection)) {}
    ~Subscriber() override {
      if (auto connection = connection_.lock()) connection->close();
    }
    bool send(std::string_view event, std::string_view data) override {
      auto connection = connection_.lock();
      return connection && connection->send_event(event, data);
    }
    [[nodiscard]] bool open() const override {
      auto connection = connection_.lock();
      return connection && !connection->ended();
    }

   private:
    std::weak_ptr<ConnectionOn> connection_;
  };

  auto self() { return this->shared_from_this(); }
  beast::tcp_stream& tcp() { return beast::get_lowest_layer(stream_); }
  [[nodiscard]] auto idle_limit() const { return std::chrono::microseconds(state_->options.idle_limit_us); }

  void end() {
    if (std::exchange(ended_, true)) return;
    comment_timer_.cancel();
    if (state_->ended) state_->ended(this);
  }

  void read_header() {
    route_ = nullptr;
    parser_.emplace();
    parser_->header_limit(kHeaderLimitBytes);
    parser_->body_limit(state_->options.body_limit_bytes);
    tcp().expires_after(idle_limit());
    beast::http::async_read_header(stream_, buffer_, *parser_, [self = self()](ErrorOf error, std::size_t) {
      if (error) return self->refuse(error);
      self->take_header();
    });
  }

  /// Who asks, and for what, is known from the header alone: what is refused is refused before its body is read.
  void take_header() {
    auto& message = parser_->get();
    version_ = message.version();
    keep_alive_ = message.keep_alive();
    head_only_ = message.method() == beast::http::verb::head;
    const bool waits = beast::iequals(message[beast::http::field::expect], "100-continue");
    std::string raw_path;
    auto request = to_request(message, raw_path);
    if (!request) return reject(problem(request.error()));
    request_ = std::move(*request);
    if constexpr (kTls) request_.peer_name = peer_name_;
    auto match = state_->routes.find(request_.method, raw_path);
    request_.parameters = std::move(match.parameters);
    if (state_->options.guard) {
      if (auto refused = state_->options.guard(request_)) return reject(std::move(*refused));
    }
    route_ = match.route;
    if (route_ == nullptr) return reject(no_route(request_, match.allow));
    if (const auto limit = route_->body_limit_bytes; limit != 0 && limit < state_->options.body_limit_bytes) {
      if (parser_->content_length().value_or(0) > limit) return reject(too_large(limit));
      parser_->body_limit(limit);  // of a body in chunks
    }
    waits ? send_continue() : read_body();
  }

  /// Answers without reading the body, after which nothing else can be read.
  void reject(Response answer) {
    keep_alive_ = keep_alive_ && parser_->is_done();
    parser_.reset();
    write(std::move(answer));
  }

  static Response too_large(std::size_t limit) {
    auto answer = problem({ErrorCode::invalid_argument, fmt::format("the body is larger than {} bytes", limit)});
    answer.status = 413;
    return answer;
  }

  [[nodiscard]] std::size_t body_limit() const {
    const auto limit = route_ != nullptr ? route_->body_limit_bytes : 0;
    return limit != 0 ? std::min(limit, state_->options.body_limit_bytes) : state_->options.body_limit_bytes;
  }

  /// RFC 9110, 10.1.1: the sender of a large body waits for this.
  void send_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    asio::async_write(stream_, asio::buffer(kContinue), [self = self()](ErrorOf error, std::size_t) {
      if (error) return self->end();
      self->read_body();
    });
  }

  void read_body() {
    if (parser_->is_done()) return dispatch();
    beast::http::async_read(stream_, buffer_, *parser_, [self = self()](ErrorOf error, std::size_t) {
      if (error) return self->refuse(error);
      self->dispatch();
    });
  }

  void refuse(ErrorOf error) {
    version_ = 11;
    keep_alive_ = head_only_ = false;
    if (error == beast::http::error::header_limit) {
      auto answer =
          problem({ErrorCode::invalid_argument, fmt::format("the header is larger than {} bytes", kHeaderLimitBytes)});
      answer.status = 431;
      write(std::move(answer));
    } else if (error == beast::http::error::body_limit) {
      write(too_large(body_limit()));
    } else if (error == beast::http::error::end_of_stream) {
      farewell();
    } else if (error.category() == beast::http::make_error_code(beast::http::error::bad_method).category() &&
               error != beast::http::error::partial_message) {
      write(problem({ErrorCode::invalid_argument, "not an HTTP/1.1 request: " + error.message()}));
    } else {
      end();  // timed out or reset
    }
  }

  void dispatch() {
    request_.body = std::move(parser_->get().body());
    parser_.reset();
    tcp().expires_never();
    const auto request = std::exchange(request_, {});
    if (route_->stream && !head_only_) return start_events(*route_, request);
    handle(*route_, request);
  }

  static Response no_route(const Request& request, const std::string& allow) {
    if (allow.empty()) return problem({ErrorCode::not_found, fmt::format("there is no {}", request.path)});
    auto answer = problem({ErrorCode::invalid_argument, fmt::format("{} takes {}", request.path, allow)});
    answer.status = 405;
    answer.headers["allow"] = allow;
    return answer;
  }

  void handle(const Route& route, const Request& request) {
    auto once = std::make_shared<ReplyOnce>();
    // The connection has no operation pending while the handler works, so the answer keeps it alive.
    once->answer = [self = self(), number = ++request_number_](Response response) {
      if (number == self->request_number_) self->write_once(std::move(response));
    };
    if (!route.handle) return once->give(Response{.content_type = "text/event-stream"});  // HEAD of an event stream
    try {
      route.handle(request, [once](Response response) { once->give(std::move(response)); });
    } catch (const std::exception& exception) {  // of a handler's library; nothing may unwind through the loop
      once->give(problem({ErrorCode::internal, exception.what()}));
    }
  }

  void write_once(Response response) {
    ++request_number_;
    if (!ended_) write(std::move(response));
  }

  void write(Response response) {
    for (const auto& [name, value] : state_->options.headers) response.headers.try_emplace(name, value);
    auto seconds = static_cast<std::int64_t>(response.body.size()) / kSlowestBytesPerSecond;
    response_ = to_beast(std::move(response), version_, keep_alive_, head_only_);
    tcp().expires_after(idle_limit() + std::chrono::seconds(seconds));
    auto done = [self = self()](ErrorOf error, std::size_t) {
      if (error) return self->end();
      self->response_.reset();
      self->header_serializer_.reset();
      self->keep_alive_ ? self->read_header() : self->farewell();
    };
    if (head_only_) {
      header_serializer_.emplace(*response_);
      beast::http::async_write_header(stream_, *header_serializer_, std::move(done));
    } else {
      beast::http::async_write(stream_, *response_, std::move(done));
    }
  }

  void farewell() {
    if constexpr (kTls) {
      tcp().expires_after(kFarewellLimit);
      stream_.async_shutdown([self = self()](ErrorOf) { self->end(); });
    } else {
      ErrorOf ignored;
      tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
      // Read what is left, so that the answer is not overtaken by a reset (RFC 9112, 9.6).
      tcp().expires_after(kFarewellLimit);
      drain();
    }
  }

  void drain() {
    stream_.async_read_some(asio::buffer(scratch_),
                            [self = self()](ErrorOf error, std::size_t) { error ? self->end() : self->drain(); });
  }

  void start_events(const Route& route, const Request& request) {
    Headers headers{{"content-type", "text/event-stream"},
                    {"cache-control", "no-store"},
                    {"x-accel-buffering", "no"},
                    {"connection", "close"}};
    for (const auto& [name, value] : state_->options.headers) headers.try_emplace(name, value);
    event_buffer_ = "HTTP/1.1 200 OK\r\n";
    for (const auto& [name, value] : headers) event_buffer_ += fmt::format("{}: {}\r\n", name, value);
    event_buffer_ += "\r\n";
    write_events();
    watch_peer();
    comment_timer_.every_us(kCommentPeriodUs, [weak = this->weak_from_this()] {
      auto connection = weak.lock();
      if (!connection || !connection->event_buffer_.empty()) return;
      connection->event_buffer_ += kEventComment;
      connection->write_events();
    });
    route.stream(request, std::make_shared<Subscriber>(this->weak_from_this()));
  }

  /// Two buffers: one is on its way, the other collects, so a burst of events is one write.
  void write_events() {
    if (writing_ || ended_ || event_buffer_.empty()) return;
    writing_ = true;
    event_writing_.swap(event_buffer_);
    asio::async_write(stream_, asio::buffer(event_writing_), [self = self()](ErrorOf error, std::size_t) {
      self->writing_ = false;
      self->event_writing_.clear();
      if (error) return self->close();
      self->write_events();
    });
  }

  /// A subscriber says nothing more; a read that ends means that it is gone.
  void watch_peer() {
    stream_.async_read_some(asio::buffer(scratch_), [self = self()](ErrorOf error, std::size_t) {
      error ? self->close() : self->watch_peer();
    });
  }

  std::shared_ptr<ServerState> state_;
  Stream stream_;
  beast::flat_buffer buffer_;
  std::optional<beast::http::request_parser<beast::http::string_body>> parser_;
  std::optional<BeastResponse> response_;
  std::optional<beast::http::response_serializer<beast::http::string_body>> header_serializer_;
  std::optional<std::string> peer_name_;
  Request request_;  ///< what is being read
  const Route* route_ = nullptr;
  Timer comment_timer_;
  std::string event_buffer_, event_writing_;
  std::array<char, 1024> scratch_{};
  std::uint64_t request_number_ = 0;
  unsigned version_ = 11;
  bool keep_alive_ = false;
  bool head_only_ = false;
  bool writing_ = false;
  bool ended_ = false;
};

}  // namespace

std::shared_ptr<Connection> make_connection(std::shared_ptr<ServerState> state, asio::ip::tcp::socket socket,
                                            asio::ssl::context* tls) {
  ErrorOf ignored;
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  if (tls != nullptr) return std::make_shared<ConnectionOn<TlsStream>>(std::move(state), std::move(socket), *tls);
  return std::make_shared<ConnectionOn<PlainStream>>(std::move(state), std::move(socket));
}

}  // namespace millrace::http
