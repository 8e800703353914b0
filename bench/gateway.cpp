// OPC UA server -> gateway -> site broker and spool, security on everywhere: losses, processor time and memory of the
// gateway's process. The server and a listener at the site broker run in processes of their own.
#include "gateway/gateway.hpp"
#include "base/id.hpp"
#include "delivery/testing/assigned.hpp"
#include "fieldbus/opcua/server.hpp"
#include "fieldbus/opcua/testing/identity.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "result_line.hpp"
#include "runtime/log.hpp"
#include "runtime/process.hpp"
#include "runtime/testing/scraped.hpp"
#include "spool/sqlite/spool.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>

namespace millrace {
namespace {

namespace fs = std::filesystem;
constexpr const char* space = "urn:bench";
constexpr std::uint32_t signals_per_asset = 200;
constexpr std::uint32_t ticks = 100;
constexpr std::int64_t tick_us = 100'000;
constexpr std::int64_t patience_us = 120'000'000;

struct Pipe {
  Pipe() {
    if (::pipe(ends) != 0) std::exit(1);
  }
  int ends[2];
  void put(std::uint64_t value) const {
    if (::write(ends[1], &value, sizeof value) != sizeof value) std::exit(1);
  }
  std::uint64_t get() const {
    std::uint64_t value = 0;
    return ::read(ends[0], &value, sizeof value) == sizeof value ? value : UINT64_MAX;
  }
};

std::string tag(std::uint32_t index) {
  return fmt::format("asset-{}.s{}", index / signals_per_asset, index % signals_per_asset);
}

/// Writes every tag at 10 Hz once all are subscribed to; tells its port and when it is done.
[[noreturn]] void run_plant(const opcua::Identity& identity, std::uint32_t tags, const Pipe& out) {
  SystemClock clock;
  Loop loop(clock);
  auto server = opcua::make_open62541_server(loop, {.port = 0, .identity = identity, .users = {{"bench", "bench"}}});
  for (std::uint32_t index = 0; index < tags; ++index) {
    server->add_variable({.namespace_uri = space, .name = tag(index), .folder = "tags", .history = false}).value();
  }
  out.put(server->start().value());
  std::vector<opcua::ServerValue> values(tags);
  std::uint32_t done = 0;
  Timer timer(loop);
  timer.every_us(tick_us, [&] {
    if (server->monitored_items() < tags || done > ticks) return;
    if (++done > ticks) return out.put(1);
    for (std::uint32_t index = 0; index < tags; ++index) {
      values[index] = {.variable = index, .source_time_us = clock.now_us(), .value = std::sin(0.01 * done + index)};
    }
    server->write(values);
  });
  loop.run();
  ::_exit(0);
}

/// Counts the metrics that arrive at the site broker; answers SIGTERM with the number.
[[noreturn]] void run_listener(mqtt::ClientOptions options, const Pipe& out) {
  SystemClock clock;
  Loop loop(clock);
  std::uint64_t heard = 0;
  auto client = mqtt::make_mosquitto_client(loop, std::move(options));
  client->start(
      {.will = [] { return std::nullopt; },
       .on_connected =
           [&] {
             (void)client->subscribe({"spBv1.0/bench/DDATA/#"}, 0);
             out.put(1);
           },
       .on_disconnected = [](const Error&) {},
       .on_message =
           [&](const mqtt::Message& message) { heard += sparkplug::DataDecoder(message.payload).metrics(); }});
  loop.on_signal([&](int) {
    out.put(heard);
    ::_exit(0);
  });
  loop.run();
  ::_exit(0);
}

std::string use_case() {
  std::string yaml = R"(use_case: bench
title: Many tags
owner: nobody
outcome: {kpi: unplanned_failures_per_1000_cycles, baseline: {policy: run_to_failure, measured: 4.9}, target: -20 %}
assets: {type: Machine}
signals:
  - {name: cycle, role: clock}
  - {name: order, role: work_order, codes: {1: overhaul, 2: failure}}
)";
  for (std::uint32_t i = 0; i < signals_per_asset; ++i) {
    yaml += fmt::format(
        "  - {{name: s{0}, quantity: temperature, unit: degC, opcua: \"nsu={1};s={{asset}}.s{0}\", range: [-2, 2]}}\n",
        i, space);
  }
  return yaml + R"(features: {window: {size: 10, step: 1, unit: samples}, each: [last, mean]}
model:
  task: regression
  label: {remaining_useful_life: {until: work_order.failure, cap: 125}}
  trainer: {gbdt: {rounds: 10, depth: 3, learning_rate: 0.1}}
  split: by_asset
  gates: {rmse: "<= 15"}
decision:
  when: rul < 20
  hold: 3
  then: {work_order: {priority: high, text: "now"}}
  mode: advisory
  timeout: {after: 5 s, then: no_advice}
)";
}

double value_of(MetricRegistry& metrics, const std::string& name) {
  return std::strtod(testing::scraped(metrics, name).c_str(), nullptr);
}

GatewayConfig make_config(const fs::path& folder, std::uint32_t tags, mqtt::BrokerProcess& broker,
                          const opcua::Identity& identity) {
  GatewayConfig config;
  config.site = "bench";
  config.node = "gateway";
  config.directory = folder / "gateway";
  config.site_broker = {"localhost", broker.port()};
  config.platform_broker = {"localhost", 1};  // away: everything stays in the spool
  config.credentials = broker.client_options("gateway").credentials;
  auto& connection = config.connections.emplace_back();
  connection.name = "bench";
  connection.assets = {{.ids = expand_asset_ids(fmt::format("asset-0..asset-{}", tags / signals_per_asset - 1)).value(),
                        .type = "Machine"}};
  connection.opcua.identity = identity;
  connection.opcua.user = connection.opcua.password = "bench";
  if (!delivery::Assigned().use_case("bench", use_case()).store(delivery::ArtifactCache(config.directory)))
    std::exit(1);
  return config;
}

int measure(std::uint32_t tags) {
  auto folder = fs::temp_directory_path() / ("millrace-bench-" + random_id());
  auto broker = mqtt::BrokerProcess::start({.tls = true}).value();
  const auto server_identity = opcua::make_identity(folder, "server");
  const auto client_identity = opcua::make_identity(folder, "client");
  opcua::make_acquainted(server_identity, client_identity);
  auto config = make_config(folder, tags, *broker, client_identity);
  auto listener_options = broker->client_options("listener");
  Pipe from_plant;
  Pipe from_listener;
  auto plant = ::fork();
  if (plant == 0) run_plant(server_identity, tags, from_plant);
  auto listener = ::fork();
  if (listener == 0) run_listener(std::move(listener_options), from_listener);
  config.connections[0].opcua.endpoint_url = fmt::format("opc.tcp://127.0.0.1:{}", from_plant.get());
  (void)from_listener.get();

  SystemClock clock;
  Loop loop(clock);
  MetricRegistry metrics;
  WorkerPool workers(loop, 1, 4);
  Gateway gateway(
      loop, workers, config,
      {.spool = open_sqlite_spool(config.directory / "spool.db", config.uplink.spool, clock.now_us()).value(),
       .make_mqtt_client = mqtt::make_mosquitto_client,
       .make_opcua_client = opcua::make_open62541_client},
      metrics);
  if (!gateway.start()) return 1;
  double total = static_cast<double>(tags) * ticks;
  // From the first look with points to the end; a look is not free, so there are ten in a second.
  double first_points = 0;
  double points = 0;
  std::int64_t first_cpu_us = 0;
  std::int64_t next_look_us = 0;
  bool complete = loop.run_until(
      [&] {
        if (clock.monotonic_us() < next_look_us) return false;
        next_look_us = clock.monotonic_us() + tick_us;
        points = value_of(metrics, "millrace_gateway_points_total");
        if (first_points == 0 && points > 0) {
          first_points = points;
          first_cpu_us = process_cpu_us();
        }
        return points >= total;
      },
      patience_us);
  double cpu_us = static_cast<double>(process_cpu_us() - first_cpu_us) / (points - first_points);
  (void)loop.run_until([&] { return value_of(metrics, "millrace_gateway_spool_batches") > 0; }, patience_us);
  double memory_mb = static_cast<double>(resident_memory_bytes()) / 1e6;
  auto settle = clock.monotonic_us() + 1'000'000;
  (void)loop.run_until([&] { return clock.monotonic_us() > settle; }, patience_us);
  ::kill(listener, SIGTERM);
  auto heard = static_cast<double>(from_listener.get());
  gateway.stop();
  ::kill(plant, SIGKILL);
  ::waitpid(plant, nullptr, 0);
  ::waitpid(listener, nullptr, 0);
  fs::remove_all(folder);
  using bench::print_result;
  auto name = fmt::format("OPC UA to site broker, {} tags at 10 Hz", tags);
  print_result(name + ", lost", (complete ? 0 : total - points) + std::max(0.0, total - heard), "changes", "lower", 0);
  print_result(name + ", CPU", cpu_us, "CPU-s per million changes", "lower", 5,
               {"Telegraf 1.37, security off", tags == 5000 ? 6.5 : 5.3});
  print_result(name + ", memory", memory_mb, "MB", "lower", tags == 5000 ? 50 : 90,
               {"Telegraf 1.37, security off", tags == 5000 ? 60.0 : 104.0});
  return complete ? 0 : 1;
}

}  // namespace
}  // namespace millrace

int main() {
  millrace::set_up_log({.process = "bench", .level = millrace::LogLevel::error});
  for (std::uint32_t tags :
       {5'000u, 20'000u}) {  // each in a process of its own: memory and processor time begin at nothing
    auto child = ::fork();
    if (child == 0) ::_exit(millrace::measure(tags));
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return 1;
  }
  return 0;
}
