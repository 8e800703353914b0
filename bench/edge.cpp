// The edge: bytes of a message in, bytes of a decision out. First inside one process, then through a real broker.
//   usage: bench_edge [seconds per part, default 5]
//   With PEERS=1 Node-RED answers the same messages through the same kind of broker (bench/peers/node-red).
#include "broker_alone.hpp"
#include "edge/router.hpp"
#include "edge_load.hpp"
#include "edge_responder.hpp"
#include "node_red.hpp"
#include "result_line.hpp"
#include "round_trip.hpp"
#include "runtime/log.hpp"
#include "sparkplug/host.hpp"
#include "sparkplug/names.hpp"

#include <time.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

namespace millrace::bench {
namespace {

/// Host, router, pipeline and edge node without sockets: what is between the two system calls of the edge.
struct InProcess {
  InProcess(const UseCase& use_case, EngineChoice choice)
      : router(clock),
        host({.host = "edge-1", .group = "bench", .nodes = {"gateway"}}, clock,
             {.publish = [](const sparkplug::Publication&) -> Result<void> { return {}; },
              .birth = [this](sparkplug::DeviceState& device, const sparkplug::Payload& birth,
                              TimeUs) { router.on_birth(device, birth); },
              .data = [this](sparkplug::DeviceState& device, std::string_view payload,
                             TimeUs) { router.on_data(device, payload); }}),
        node({.group = "bench", .node = "edge-1"}, {.publish = [this](const sparkplug::Publication& p) -> Result<void> {
                                                      bytes_out += p.payload.size();
                                                      return {};
                                                    },
                                                    .birth = [](std::string_view, sparkplug::Payload&) {}}),
        plant(use_case, [this](const sparkplug::Publication& p) -> Result<void> {
          messages.emplace_back(p.topic, p.payload);
          return {};
        }) {
    node.on_connected(clock.now_us());
    router.on_asset = [this](const std::string& asset) { static_cast<void>(node.add_device(asset, clock.now_us())); };
    auto pipeline = std::make_unique<Pipeline>(
        use_case, "1", PipelineOptions{.device = "edge-1"}, clock, [this](const DecisionRecord& record, bool) {
          json.clear();
          append_json(json, record);
          encoder.clear();
          encoder.add_text(sparkplug::names::decision, static_cast<std::uint64_t>(record.time_us / 1000), json);
          payload.assign(encoder.bytes());
          static_cast<void>(node.publish_data(record.asset, payload, record.time_us));
        });
    pipeline->set_model(std::move(*load_model("bench/1", make_model(use_case), use_case, choice)));
    router.set_pipeline(std::move(pipeline));
    plant.node().on_connected(clock.now_us());
    deliver();
  }
  void deliver() {
    for (const auto& [topic, bytes] : messages) host.on_message(topic, bytes, clock.now_us());
    messages.clear();
  }

  SystemClock clock;
  Router router;
  sparkplug::Host host;
  sparkplug::EdgeNode node;
  std::vector<std::pair<std::string, std::string>> messages;
  Plant plant;
  sparkplug::DataEncoder encoder;
  std::string json, payload;
  std::uint64_t bytes_out = 0;
};

void measure_paced(const UseCase& use_case, EngineChoice choice, const std::string& engine, int seconds) {
  InProcess edge(use_case, choice);
  std::vector<double> latencies_us;
  constexpr std::int64_t period_ns = 1'000'000'000 / (10 * assets);
  std::int64_t next_ns = now_ns();
  std::uint64_t sent = 0;
  const std::uint64_t total = static_cast<std::uint64_t>(seconds) * 10 * assets;
  for (; sent < total; ++sent) {
    edge.plant.send(sent % assets, sent / assets + 1, edge.clock.now_us());
    next_ns += period_ns;
    const timespec wake{next_ns / 1'000'000'000, next_ns % 1'000'000'000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, nullptr);
    const std::int64_t start_ns = now_ns();
    edge.deliver();
    latencies_us.push_back(static_cast<double>(now_ns() - start_ns) / 1000);
  }
  const auto decisions = edge.router.pipelines().front()->decisions();
  if (decisions != total)
    std::fprintf(stderr, "bench_edge: %llu decisions, not %llu\n", static_cast<unsigned long long>(decisions),
                 static_cast<unsigned long long>(total));
  print_result("edge_in_process_p50_" + engine, quantile(latencies_us, 0.50), "us", "lower", 300);
  print_result("edge_in_process_p99_" + engine, quantile(latencies_us, 0.99), "us", "lower", 300);
}

void measure_sustained(const UseCase& use_case, EngineChoice choice, const std::string& engine, int seconds) {
  InProcess edge(use_case, choice);
  // Messages are encoded beforehand, so that the edge's work alone is measured.
  constexpr std::size_t blocks = 50;
  std::int64_t spent_ns = 0;
  std::uint64_t row = 0;
  while (spent_ns < static_cast<std::int64_t>(seconds) * 1'000'000'000) {
    for (std::size_t i = 0; i < blocks; ++i) {
      ++row;
      for (std::size_t asset = 0; asset < assets; ++asset) edge.plant.send(asset, row, edge.clock.now_us());
    }
    const std::int64_t start_ns = now_ns();
    edge.deliver();
    spent_ns += now_ns() - start_ns;
  }
  const auto decisions = static_cast<double>(edge.router.pipelines().front()->decisions());
  print_result("edge_sustained_decisions_" + engine, decisions / (static_cast<double>(spent_ns) / 1e9), "1/s", "higher",
               50'000);
}

/// Node-RED beside our edge, where it is asked for and installed (scripts/bootstrap --peers).
std::optional<RoundTrips> measure_node_red(int seconds) {
  const char* wanted = std::getenv("PEERS");
  const char* program = std::getenv("MILLRACE_NODE_RED");
  if (wanted == nullptr || std::string_view(wanted) != "1" || program == nullptr) return std::nullopt;
  NodeRed peer(program);
  return measure_round_trips(peer, 1000, seconds);
}

/// Publisher -> broker -> edge -> broker -> subscriber; plain TCP for both, which spares Node-RED TLS in JavaScript.
void measure_through_broker(const UseCase& use_case, int seconds) {
  EdgeResponder edge(use_case, EngineChoice::trees);
  auto ours = measure_round_trips(edge, 1000, seconds);
  auto peer = measure_node_red(seconds);
  const auto beside = [&](double value) {
    return Peer{"Node-RED 4.1, a function that passes on, no inference", value};
  };
  const auto p99 = peer ? beside(peer->quantile_ms(0.99)) : Peer{"Node-RED, measured elsewhere", 2.3};
  const auto rate = peer ? beside(peer->answers_per_s) : Peer{"Node-RED, measured elsewhere", 30'000};
  print_result("edge_through_broker_p50_trees", ours.quantile_ms(0.50), "ms", "lower", 0.3,
               peer ? beside(peer->quantile_ms(0.50)) : Peer{"Telegraf as a filter, measured elsewhere", 0.31});
  print_result("edge_through_broker_p99_trees", ours.quantile_ms(0.99), "ms", "lower", 0.6, p99);
  print_result("edge_through_broker_decisions_lost_trees", static_cast<double>(ours.lost), "", "lower", 0);
  print_result("edge_through_broker_sustained_trees", ours.answers_per_s, "1/s", "higher", no_target, rate);
  // A decision passes the broker twice.
  BrokerAlone alone;
  const double limit = measure_round_trips(alone, 1000, seconds).answers_per_s / 2;
  print_result("edge_through_broker_limit", limit, "1/s", "higher", no_target,
               {"the broker alone, half its rate", limit});
  print_result("edge_through_broker_cpu_trees", ours.cpu_us, "us/message", "lower", no_target,
               peer ? beside(peer->cpu_us) : Peer{"Node-RED, measured elsewhere", 28});
  if (peer && peer->lost > 0)
    std::fprintf(stderr, "bench_edge: Node-RED lost %llu\n", static_cast<unsigned long long>(peer->lost));
}

int run(int seconds) {
  set_up_log({.process = "bench", .level = LogLevel::error});
  const auto use_case = *parse_use_case(use_case_yaml());
  for (const auto& [choice, name] :
       {std::pair(EngineChoice::trees, "trees"), std::pair(EngineChoice::onnxruntime, "onnxruntime")}) {
    measure_paced(use_case, choice, name, seconds);
    measure_sustained(use_case, choice, name, seconds);
  }
  measure_through_broker(use_case, seconds);
  return 0;
}

}  // namespace
}  // namespace millrace::bench

int main(int argc, char** argv) {
  const long seconds = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 5;
  return millrace::bench::run(static_cast<int>(std::clamp(seconds, 1l, 600l)));
}
