#pragma once

#include "net/http/client.hpp"
#include "net/http/target.hpp"

#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <memory>
#include <string>

namespace millrace::http {

/// One connection to a server, for one request at a time. Its pending operations keep it alive.
class ClientConnection {
 public:
  struct Call {
    std::string method, target, body;
    Headers headers;
  };
  struct Outcome {
    Result<Response> response;
    bool keep_alive = false;
    bool stale = false;  ///< a kept connection was closed before the first byte of an answer: worth another try
  };
  virtual ~ClientConnection() = default;
  /// Connects first when it must. `done` runs once, on the loop; not after `abandon`.
  virtual void exchange(const Call& call, std::function<void(Outcome)> done) = 0;
  /// Drops the request under way and closes.
  virtual void abandon() = 0;
};

/// `tls` is null for plain HTTP.
std::shared_ptr<ClientConnection> make_client_connection(Loop& loop, const ClientOptions& options, Origin origin,
                                                         boost::asio::ssl::context* tls);

}  // namespace millrace::http
