#include "net/http/metrics_server.hpp"

namespace millrace::http {

std::unique_ptr<Server> make_metrics_server(Loop& loop, MetricRegistry& metrics, std::uint16_t port) {
  return make_beast_server(loop, {.port = port},
                           {{"GET", "/metrics", [&metrics](const Request&, const Reply& reply) {
                               reply({.body = metrics.scrape(), .content_type = "text/plain; version=0.0.4"});
                             }}});
}

}  // namespace millrace::http
