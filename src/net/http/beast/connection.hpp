#pragma once

#include "net/http/route_table.hpp"
#include "net/http/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <memory>

namespace millrace::http {

/// One accepted connection. Its pending operations keep it alive.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void start() = 0;
  virtual void close() = 0;  ///< at once, without farewell
};

/// What the connections of a server share; it outlives the server while their last operations run out.
struct ServerState {
  ServerState(Loop& the_loop, ServerOptions the_options, std::vector<Route> the_routes)
      : loop(the_loop), options(std::move(the_options)), routes(std::move(the_routes)) {}
  Loop& loop;
  ServerOptions options;
  RouteTable routes;
  std::function<void(Connection*)> ended;
};

std::shared_ptr<Connection> make_connection(std::shared_ptr<ServerState> state, boost::asio::ip::tcp::socket socket,
                                            boost::asio::ssl::context* tls);

}  // namespace millrace::http
