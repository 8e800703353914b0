#include "edge_responder.hpp"

#include "base/hash.hpp"
#include "edge/service.hpp"
#include "edge/testing/assigned.hpp"
#include "sparkplug/data_decoder.hpp"
#include "sparkplug/names.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace millrace::bench {
namespace {

std::optional<std::uint64_t> number_behind(std::string_view json, std::string_view key) {
  const auto at = json.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t number = 0;
  const char* const from = json.data() + at + key.size();
  const auto [end, error] = std::from_chars(from, json.data() + json.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

}  // namespace

EdgeResponder::EdgeResponder(const UseCase& use_case, EngineChoice choice)
    : use_case_(use_case), choice_(choice), plant_(use_case, [this](const sparkplug::Publication& p) {
        return client_->publish(p.topic, p.payload, p.quality_of_service, p.retain);
      }) {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-bench-edge-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) std::abort();
  folder_ = pattern;
  write_assignment();
}

EdgeResponder::~EdgeResponder() {
  stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void EdgeResponder::write_assignment() const {
  const auto assigned = testing::assigned(use_case_.name, use_case_yaml(), make_model(use_case_));
  if (!assigned.store(delivery::ArtifactCache(folder_))) std::abort();
}

void EdgeResponder::run(std::uint16_t broker_port) {
  SystemClock clock;
  Loop loop(clock);
  WorkerPool workers(loop, 1, 16);
  EdgeConfig config{.site = "bench", .node = "edge-1", .directory = folder_};
  config.site_broker = {.host = "127.0.0.1", .port = broker_port};
  config.engine = choice_;
  auto ports = make_edge_ports(loop, config);
  if (!ports) return;
  EdgeService service(loop, workers, config, std::move(*ports));
  if (!service.start()) return;
  loop.on_signal([&](int) { loop.stop(); });
  loop.run();
  service.stop();
}

std::vector<std::string> EdgeResponder::filters() {
  auto filters = plant_.node().subscriptions();
  filters.emplace_back("spBv1.0/bench/+/edge-1/#");
  return filters;
}

void EdgeResponder::on_connected(mqtt::Client& client) {
  client_ = &client;
  plant_.node().on_connected(clock_.now_us());
}

void EdgeResponder::send(std::uint64_t number) { plant_.send(number % assets, number / assets + 1, clock_.now_us()); }

std::optional<std::uint64_t> EdgeResponder::on_message(const mqtt::Message& message) {
  if (message.topic.find("/DBIRTH/edge-1/") != std::string_view::npos) ++births_;
  if (message.topic.find("/DDATA/edge-1/") == std::string_view::npos) {
    plant_.node().on_message(message.topic, message.payload, clock_.now_us());
    return std::nullopt;
  }
  sparkplug::DataDecoder decoder(message.payload);
  for (sparkplug::DataMetric metric; decoder.next(metric);) {
    if (metric.name != sparkplug::names::decision) continue;
    // Parsing the whole record would be the generator's work, not the edge's.
    const auto asset = number_behind(metric.text, R"("asset":"engine-)");
    const auto source_time_us = number_behind(metric.text, R"("source_time_us":)");
    if (!asset || !source_time_us) continue;
    return (*source_time_us / 1000 - first_ms - 1) * assets + *asset - 1;
  }
  return std::nullopt;
}

}  // namespace millrace::bench
