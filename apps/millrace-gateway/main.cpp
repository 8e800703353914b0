// millrace-gateway: a site's way from the machines to the edges and the platform, and back.
#include "gateway/config.hpp"
#include "gateway/gateway.hpp"
#include "net/http/server.hpp"
#include "runtime/components.hpp"
#include "runtime/log.hpp"
#include "spool/sqlite/spool.hpp"

#include <CLI/CLI.hpp>

#include <iostream>
#include <memory>

namespace millrace {
namespace {

/// GET /metrics on loopback, for Prometheus.
std::unique_ptr<http::Server> metrics_server(Loop& loop, MetricRegistry& metrics, std::uint16_t port) {
  std::vector<http::Route> routes;
  routes.push_back(
      {.method = "GET", .pattern = "/metrics", .handle = [&metrics](const http::Request&, http::Reply reply) {
         reply({.body = metrics.scrape(), .content_type = "text/plain; version=0.0.4"});
       }});
  return http::make_beast_server(loop, {.port = port}, std::move(routes));
}

Result<void> serve(const GatewayConfig& config) {
  const SystemClock clock;
  Loop loop(clock);
  MetricRegistry metrics;
  metrics.add_process_metrics();
  GatewayPorts ports{.make_mqtt_client = mqtt::make_mosquitto_client,
                     .make_http_client = http::make_beast_client,
                     .make_opcua_client = opcua::make_open62541_client};
  TRY_ASSIGN(ports.spool, open_sqlite_spool(config.directory / "spool.db", config.spool, clock.now_us()));
  Gateway gateway(loop, config, std::move(ports), metrics);
  std::unique_ptr<http::Server> server;
  ComponentGroup group(loop);
  if (config.metrics_port != 0) {
    server = metrics_server(loop, metrics, config.metrics_port);
    group.add({"metrics", [&] { return server->start(); }, [&] { server->stop(); }});
  }
  group.add({"gateway", [&] { return gateway.start(); }, [&] { gateway.stop(); }});
  return group.run();
}

int run(const std::string& file) {
  auto config = load_gateway_config(file);
  if (!config) {
    std::cerr << config.error().message << '\n';
    return 2;
  }
  auto level = parse_log_level(config->log_level);
  set_up_log({.process = "gateway", .level = level ? *level : LogLevel::info});
  auto outcome = serve(*config);
  if (outcome) return 0;
  log_error(outcome.error().message);
  return 1;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  CLI::App app("Millrace gateway: reads the machines, serves the site, never loses what it acknowledged");
  std::string file;
  app.add_option("--config", file, "configuration file (YAML)")->required();
  CLI11_PARSE(app, argc, argv);
  return millrace::run(file);
}
