#pragma once

#include "net/http/message.hpp"
#include "net/tls/credentials.hpp"
#include "runtime/loop.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace millrace::http {

struct ClientOptions {
  std::string base_url;                    ///< "https://localhost:8443" or "http://127.0.0.1:8080"
  std::optional<Credentials> credentials;  ///< needed for https: verifies the server, shows who we are
  std::int64_t timeout_us = 10'000'000;
  std::size_t body_limit_bytes = 256u << 20;
};

/// `target` is path and query. Keeps one connection alive between requests. The callback runs on the loop's thread.
class Client {
 public:
  virtual ~Client() = default;
  virtual void send(std::string method, std::string target, std::string body, Headers headers,
                    std::function<void(Result<Response>)> done) = 0;
};

std::unique_ptr<Client> make_beast_client(Loop& loop, ClientOptions options);

/// For command-line tools: one blocking request on a loop of its own.
Result<Response> fetch(const ClientOptions& options, std::string method, std::string target, std::string body = {},
                       Headers headers = {});

}  // namespace millrace::http
