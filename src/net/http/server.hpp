#pragma once

#include "base/result.hpp"
#include "net/http/message.hpp"
#include "net/tls/credentials.hpp"
#include "runtime/loop.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace millrace::http {

/// Answers a request, now or later, exactly once, on the loop's thread. Safe to call after the connection is gone.
/// When every copy is dropped without an answer, the answer is 500.
using Reply = std::function<void(Response)>;

/// One subscriber of a server-sent event stream (WHATWG HTML, 9.2). Dropping the last pointer ends the stream.
class EventStream {
 public:
  virtual ~EventStream() = default;
  /// False when the subscriber is gone or so slow that its bounded buffer is full (then it is disconnected).
  virtual bool send(std::string_view event, std::string_view data) = 0;
  [[nodiscard]] virtual bool open() const = 0;
};

/// A row of the route table. `pattern` like "/api/v1/models/{id}"; a last part "{rest*}" takes the remainder.
struct Route {
  std::string method;
  std::string pattern;
  std::function<void(const Request&, Reply)> handle;
  std::function<void(const Request&, std::shared_ptr<EventStream>)> stream = {};  ///< instead of `handle`
  std::size_t body_limit_bytes = 0;  ///< of this row; 0: the server's. More than the server's is cut to it.
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;                    ///< 0: any free port
  std::optional<Credentials> credentials;    ///< TLS 1.3 with required client certificates
  std::size_t body_limit_bytes = 64u << 20;  ///< a larger body is 413
  Headers headers = {};                     ///< on every answer, also refusals and event streams, unless it has its own
  std::size_t connection_limit = 1024;      ///< further ones wait in the system's backlog
  std::int64_t idle_limit_us = 60'000'000;  ///< to receive a request, or to take an answer
  /// Runs when the header is there, before any of the body is read: an answer refuses the request.
  std::function<std::optional<Response>(const Request&)> guard = {};
  std::size_t event_buffer_bytes = 1u << 20;  ///< per subscriber of events
};

/// HTTP/1.1. HEAD is answered by GET routes; other methods of a known path get 405 with Allow.
class Server {
 public:
  virtual ~Server() = default;
  virtual Result<void> start() = 0;
  virtual void stop() = 0;  ///< closes every connection at once
  [[nodiscard]] virtual std::uint16_t port() const = 0;
};

std::unique_ptr<Server> make_beast_server(Loop& loop, ServerOptions options, std::vector<Route> routes);

}  // namespace millrace::http
