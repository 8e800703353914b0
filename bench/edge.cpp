// The edge: bytes of a message in, bytes of a decision out. First inside one process, then through a real broker.
//   usage: bench_edge [seconds per part, default 5]
#include "base/file.hpp"
#include "base/hash.hpp"
#include "edge/service.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "onnx/synthetic.hpp"
#include "result_line.hpp"
#include "runtime/log.hpp"
#include "runtime/process.hpp"
#include "sparkplug/names.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <time.h>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <unordered_map>

namespace millrace {
namespace {

constexpr std::size_t assets = 40;  // 40 x 25 signals = 1,000
constexpr std::uint64_t first_ms = 1'790'000'000'000ull;
constexpr std::size_t trees = 300;

std::string use_case_yaml() {
  return *read_file(std::filesystem::path(MILLRACE_SOURCE) / "examples/usecases/turbofan-maintenance.yaml");
}

ModelFiles make_model(const UseCase& use_case) {
  const auto definition = *compile_features(use_case);
  ModelFiles files{.features_json = to_json(definition)};
  auto ensemble = onnx::make_synthetic({.features = definition.size(), .trees = trees, .depth = 5});
  ensemble.base_score = 100;  // healthy engines: the usual decision, "none", without the features in its record
  files.model_onnx = onnx::to_bytes(onnx::to_model(ensemble));
  GoldenVectors golden{.features = definition.size(), .inputs = std::vector<float>(definition.size() * 8)};
  for (std::size_t i = 0; i < golden.inputs.size(); ++i) golden.inputs[i] = static_cast<float>(i % 97) / 97;
  golden.outputs.resize(8);
  auto engine = std::move(*make_tree_engine(files.model_onnx));
  if (!engine->run(golden.inputs, golden.outputs)) std::abort();
  files.golden_json = to_json(golden);
  return files;
}

std::string asset_name(std::size_t asset) { return fmt::format("engine-{:03}", asset + 1); }

/// The plant's side: births and rows of 25 signals with plausible values.
class Plant {
 public:
  Plant(const UseCase& use_case, sparkplug::Publish publish)
      : use_case_(use_case),
        node_({.group = "bench", .node = "gateway"},
              {.publish = std::move(publish), .birth = [this](std::string_view device, sparkplug::Payload& birth) {
                 if (device.empty()) return;
                 const std::size_t asset = std::strtoul(device.substr(7).data(), nullptr, 10) - 1;
                 std::uint64_t alias = asset * 100;
                 for (const auto& signal : signals())
                   birth.metrics.push_back({.name = signal, .alias = ++alias, .type = sparkplug::DataType::float64});
               }}) {
    for (std::size_t asset = 0; asset < assets; ++asset) static_cast<void>(node_.add_device(asset_name(asset), 0));
  }
  sparkplug::EdgeNode& node() { return node_; }
  /// Encodes and publishes one row of an asset.
  void send(std::size_t asset, std::uint64_t row, TimeUs now_us) {
    encoder_.clear();
    std::uint64_t alias = asset * 100;
    for (std::size_t i = 0; i < signals().size(); ++i) {
      const double value =
          i == 0 ? static_cast<double>(row) : 500 + 3 * std::sin(static_cast<double>(row * (i + 3) + asset));
      encoder_.add({.alias = ++alias, .time_ms = first_ms + row, .value = value});
    }
    payload_.assign(encoder_.bytes());
    if (!node_.publish_data(asset_name(asset), payload_, now_us)) std::abort();
  }

 private:
  const std::vector<std::string>& signals() {
    if (signals_.empty()) {
      for (const auto& signal : use_case_.signals) {
        if (signal.role != SignalRole::work_order && signal.role != SignalRole::finding)
          signals_.push_back(signal.name);
      }
    }
    return signals_;
  }
  const UseCase& use_case_;
  sparkplug::EdgeNode node_;
  sparkplug::DataEncoder encoder_;
  std::string payload_;
  std::vector<std::string> signals_;
};

double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

/// Host, router, pipeline and edge node without sockets: what is between the two system calls of the edge.
struct InProcess {
  InProcess(const UseCase& use_case, EngineChoice choice)
      : router(clock),
        host({.host = "edge-1", .group = "bench", .nodes = {"gateway"}},
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
  bench::print_result("edge_in_process_p50_" + engine, quantile(latencies_us, 0.50), "us", "lower", 300);
  bench::print_result("edge_in_process_p99_" + engine, quantile(latencies_us, 0.99), "us", "lower", 300);
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
  bench::print_result("edge_sustained_decisions_" + engine, decisions / (static_cast<double>(spent_ns) / 1e9), "1/s",
                      "higher", 50'000, {"Node-RED with a function only, measured elsewhere", 30'000});
}

/// Publisher -> broker -> edge -> broker -> subscriber.
class ThroughBroker {
 public:
  ThroughBroker(const UseCase& use_case, EngineChoice choice) : choice_(choice), use_case_(use_case) {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-bench-edge-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    auto broker = mqtt::BrokerProcess::start({.more_lines = {"set_tcp_nodelay true", "max_queued_messages 100000"}});
    if (!broker) {
      std::fprintf(stderr, "bench_edge: %s\n", broker.error().message.c_str());
      std::exit(1);
    }
    broker_ = std::move(*broker);
    write_assignment();
  }
  ~ThroughBroker() { std::filesystem::remove_all(folder_); }

  void measure(int messages_per_s, int seconds, const std::string& engine) {
    std::atomic<bool> done = false;
    std::uint64_t memory = 0;
    std::thread edge_thread([&] { run_edge(done, memory); });
    run_clients(messages_per_s, seconds);
    done = true;
    edge_thread.join();
    bench::print_result("edge_through_broker_p50_" + engine, quantile(latencies_us_, 0.50) / 1000, "ms", "lower", 0.3);
    bench::print_result("edge_through_broker_p99_" + engine, quantile(latencies_us_, 0.99) / 1000, "ms", "lower", 0.6,
                        {"Telegraf as a filter, measured elsewhere", 0.67});
    bench::print_result("edge_through_broker_decisions_lost_" + engine,
                        static_cast<double>(sent_) - static_cast<double>(latencies_us_.size() + warm_up_), "", "lower",
                        0);
    std::fprintf(stderr, "bench_edge: the whole benchmark process, with both clients, holds %.1f MB\n",
                 static_cast<double>(memory) / 1e6);
  }

 private:
  void write_assignment() {
    const ArtifactCache cache(folder_);
    const std::string yaml = use_case_yaml();
    const ModelFiles files = make_model(use_case_);
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [name, bytes] :
         {std::pair("model.onnx", &files.model_onnx), std::pair("golden.json", &files.golden_json),
          std::pair("features.json", &files.features_json)}) {
      if (!cache.store(sha256_hex(*bytes), *bytes)) std::abort();
      list.push_back({{"name", name}, {"sha256", sha256_hex(*bytes)}, {"size", bytes->size()}});
    }
    if (!cache.store(sha256_hex(yaml), yaml)) std::abort();
    const nlohmann::json assignment{
        {"revision", "1"},
        {"use_cases", {{{"name", use_case_.name}, {"version", 1}, {"sha256", sha256_hex(yaml)}}}},
        {"models", {{{"use_case", use_case_.name}, {"version", 1}, {"files", list}}}}};
    if (!cache.store_assignment(assignment.dump())) std::abort();
  }

  void run_edge(const std::atomic<bool>& done, std::uint64_t& memory) {
    SystemClock clock;
    Loop loop(clock);
    WorkerPool workers(loop, 1, 16);
    EdgeConfig config{.site = "bench", .node = "edge-1", .directory = folder_};
    config.site_broker = {.host = "127.0.0.1", .port = broker_->port()};
    config.engine = choice_;
    EdgeService service(loop, workers, config, make_edge_ports(loop, config));
    if (!service.start()) std::abort();
    Timer watch(loop);
    watch.every_us(50'000, [&] {
      if (done) loop.stop();
    });
    loop.run();
    memory = resident_memory_bytes();
    service.stop();
  }

  void run_clients(int messages_per_s, int seconds) {
    SystemClock clock;
    Loop loop(clock);
    auto client = mqtt::make_mosquitto_client(loop, broker_->client_options("gateway"));
    Plant plant(use_case_, [&](const sparkplug::Publication& p) {
      return client->publish(p.topic, p.payload, p.quality_of_service, p.retain);
    });
    std::unordered_map<std::int64_t, std::int64_t> sent_ns;
    std::size_t edge_births = 0;
    client->start({.will = []() -> std::optional<mqtt::Will> { return std::nullopt; },
                   .on_connected =
                       [&] {
                         auto filters = plant.node().subscriptions();
                         filters.emplace_back("spBv1.0/bench/+/edge-1/#");
                         static_cast<void>(client->subscribe(filters, 1));
                         plant.node().on_connected(clock.now_us());
                       },
                   .on_disconnected = [](const Error&) {},
                   .on_message =
                       [&](const mqtt::Message& message) {
                         if (message.topic.find("/DBIRTH/edge-1/") != std::string_view::npos) ++edge_births;
                         if (message.topic.find("/DDATA/edge-1/") == std::string_view::npos) {
                           plant.node().on_message(message.topic, message.payload, clock.now_us());
                           return;
                         }
                         take_decisions(message.payload, sent_ns);
                       }});
    if (!loop.run_until([&] { return edge_births >= assets; }, 20'000'000)) {
      std::fprintf(stderr, "bench_edge: the edge was not born\n");
      std::exit(1);
    }
    const auto total = static_cast<std::uint64_t>(messages_per_s) * static_cast<std::uint64_t>(seconds);
    warm_up_ = static_cast<std::uint64_t>(messages_per_s);
    const std::int64_t start_ns = now_ns();
    const std::int64_t period_ns = 1'000'000'000 / messages_per_s;
    Timer pace(loop);
    pace.every_us(period_ns / 1000, [&] {
      while (sent_ < total && now_ns() >= start_ns + static_cast<std::int64_t>(sent_) * period_ns) {
        const std::uint64_t row = sent_ / assets + 1;
        const std::size_t asset = sent_ % assets;
        sent_ns[static_cast<std::int64_t>(row * 1000 + asset)] = now_ns();
        plant.send(asset, row, clock.now_us());
        ++sent_;
      }
    });
    static_cast<void>(loop.run_until([&] { return sent_ == total && sent_ns.empty(); },
                                     static_cast<std::int64_t>(seconds + 5) * 1'000'000));
    client->stop();
  }

  void take_decisions(std::string_view payload, std::unordered_map<std::int64_t, std::int64_t>& sent_ns) {
    const std::int64_t arrived_ns = now_ns();
    sparkplug::DataDecoder decoder(payload);
    for (sparkplug::DataMetric metric; decoder.next(metric);) {
      if (metric.name != sparkplug::names::decision) continue;
      const auto record = parse_decision_record(metric.text);
      const auto row = static_cast<std::int64_t>(record->source_time_us / 1000 - static_cast<std::int64_t>(first_ms));
      const auto asset = std::strtol(record->asset.c_str() + 7, nullptr, 10) - 1;
      const auto found = sent_ns.find(row * 1000 + asset);
      if (found == sent_ns.end()) continue;
      if (++received_ > warm_up_) latencies_us_.push_back(static_cast<double>(arrived_ns - found->second) / 1000);
      sent_ns.erase(found);
    }
  }

  EngineChoice choice_;
  const UseCase& use_case_;
  std::filesystem::path folder_;
  std::unique_ptr<mqtt::BrokerProcess> broker_;
  std::vector<double> latencies_us_;
  std::uint64_t sent_ = 0, received_ = 0, warm_up_ = 0;
};

int run(int seconds) {
  set_up_log({.process = "bench", .level = LogLevel::error});
  const auto use_case = *parse_use_case(use_case_yaml());
  for (const auto& [choice, name] :
       {std::pair(EngineChoice::trees, "trees"), std::pair(EngineChoice::onnxruntime, "onnxruntime")}) {
    measure_paced(use_case, choice, name, seconds);
    measure_sustained(use_case, choice, name, seconds);
  }
  ThroughBroker(use_case, EngineChoice::trees).measure(1000, seconds, "trees");
  return 0;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  const long seconds = argc > 1 ? std::strtol(argv[1], nullptr, 10) : 5;
  return millrace::run(static_cast<int>(std::clamp(seconds, 1l, 600l)));
}
