// millrace-gateway: a site's way from the machines to the edges and the platform, and back.
#include "delivery/http/http_source.hpp"
#include "gateway/config.hpp"
#include "gateway/gateway.hpp"
#include "net/http/metrics_server.hpp"
#include "runtime/components.hpp"
#include "runtime/program.hpp"
#include "spool/sqlite/spool.hpp"

#include <memory>

namespace millrace {
namespace {

Result<void> serve(const GatewayConfig& config) {
  const SystemClock clock;
  Loop loop(clock);
  MetricRegistry metrics;
  metrics.add_process_metrics();
  constexpr std::size_t threads = 1, queue = 4;
  WorkerPool workers(loop, threads, queue);
  GatewayPorts ports{.make_mqtt_client = mqtt::make_mosquitto_client,
                     .make_opcua_client = opcua::make_open62541_client};
  std::unique_ptr<http::Client> platform;
  if (!config.platform_url.empty()) {
    platform = http::make_beast_client(loop, {.base_url = config.platform_url, .credentials = config.credentials});
    ports.source = delivery::make_http_source(*platform);
  }
  TRY_ASSIGN(ports.spool, open_sqlite_spool(config.directory / "spool.db", config.uplink.spool, clock.now_us()));
  Gateway gateway(loop, workers, config, std::move(ports), metrics);
  std::unique_ptr<http::Server> server;
  ComponentGroup group(loop);
  if (config.metrics_port != 0) {
    server = http::make_metrics_server(loop, metrics, config.metrics_port);
    group.add({"metrics", [&] { return server->start(); }, [&] { server->stop(); }});
  }
  group.add({"gateway", [&] { return gateway.start(); }, [&] { gateway.stop(); }});
  return group.run();
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  return millrace::run_program(
      argc, argv,
      {"gateway", "Millrace gateway: reads the machines, serves the site, never loses what it acknowledged"},
      millrace::load_gateway_config, millrace::serve);
}
