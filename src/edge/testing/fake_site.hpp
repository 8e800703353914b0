#pragma once

// For the edge's tests: a platform's device API and a gateway, made of the real server, client and Sparkplug session.
#include "base/hash.hpp"
#include "decision/record.hpp"
#include "delivery/http/testing/device_platform.hpp"
#include "edge/testing/assigned.hpp"
#include "edge/testing/sample_use_case.hpp"
#include "net/http/server.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "runtime/loop.hpp"
#include "sparkplug/data_decoder.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/edge_node.hpp"
#include "sparkplug/names.hpp"
#include "spool/spool.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace millrace::testing {

/// What the edge sees of the platform: the device API, reports included.
class FakePlatform {
 public:
  explicit FakePlatform(Loop& loop)
      : device_api_(loop, {},
                    {{"POST", "/api/v1/device/report", [this](const http::Request& request, const http::Reply& reply) {
                        reports.push_back(nlohmann::json::parse(request.body));
                        reply({.body = "{}"});
                      }}}) {}

  void assign(const ModelFiles& files, int version) {
    device_api_.assign("r" + std::to_string(version), assigned("pump", sample_yaml(), files, version));
  }
  void falsify(const std::string& bytes) { device_api_.falsify(bytes, bytes + " changed on the way"); }
  [[nodiscard]] std::string url() const { return device_api_.url(); }

  std::vector<nlohmann::json> reports;

 private:
  delivery::DevicePlatform device_api_;
};

/// One pump behind a Sparkplug edge node. Hears decisions, live and numbered; keeps and acknowledges the numbered ones,
/// as a gateway does, and tells its rows again when asked.
class Gateway {
 public:
  Gateway(Loop& loop, const mqtt::ClientOptions& options)
      : loop_(loop),
        client_(mqtt::make_mosquitto_client(loop, options)),
        node_({.group = "plant-1", .node = "gateway"},
              {.publish =
                   [this](const sparkplug::Publication& p) {
                     return client_->publish(p.topic, p.payload, p.quality_of_service, p.retain);
                   },
               .birth = [this](std::string_view device, sparkplug::Payload& birth) { describe(device, birth); },
               .command =
                   [this](std::string_view, const sparkplug::Payload& command) {
                     const auto* replay = command.find(sparkplug::names::replay);
                     if (replay == nullptr) return;
                     replays.push_back(*sparkplug::to_number(replay->value));
                     for (const auto& [cycle, a] : told) {
                       if (repeats && cycle * 1000 >= replays.back()) publish(cycle, a, true);
                     }
                     std::string end;
                     sparkplug::append_unsigned(end, sparkplug::names::replay,
                                                static_cast<std::uint64_t>(replays.back()), 1);
                     static_cast<void>(node_.publish_data({}, end, loop_.clock().now_us()));
                   }}) {
    client_->start({.will = [this]() -> std::optional<mqtt::Will> {
                      auto t = node_.testament(loop_.clock().now_us());
                      return mqtt::Will{t.topic, t.payload, t.quality_of_service, t.retain};
                    },
                    .on_connected =
                        [this] {
                          auto filters = node_.subscriptions();
                          filters.emplace_back("spBv1.0/plant-1/DDATA/edge-1/#");
                          filters.emplace_back("spBv1.0/plant-1/NDATA/edge-1");
                          EXPECT_TRUE(client_->subscribe(filters, 1));
                          node_.on_connected(loop_.clock().now_us());
                        },
                    .on_disconnected = [this](const Error&) { node_.on_disconnected(); },
                    .on_message = [this](const mqtt::Message& message) { on_message(message); }});
    EXPECT_TRUE(node_.add_device("p1", loop_.clock().now_us()));
  }
  ~Gateway() { client_->stop(); }

  void row(int cycle, double a) {
    told[cycle] = a;
    publish(cycle, a, false);
  }
  [[nodiscard]] bool born() const { return node_.born(); }

  std::vector<DecisionRecord> decisions;  ///< live
  std::vector<DecisionRecord> stored;     ///< numbered; each batch once
  std::vector<SpoolGap> gaps;
  std::vector<double> replays;
  std::map<int, double> told;
  bool acknowledges = true, repeats = false;

 private:
  /// With the newest row, as a gateway does.
  void describe(std::string_view device, sparkplug::Payload& birth) {
    if (device.empty()) {
      birth.metrics.push_back(sparkplug::unsigned_metric(std::string(sparkplug::names::replay), 0, 1));
      return;
    }
    sparkplug::tell({"Pump", {}}, birth);
    std::uint64_t alias = 0;
    for (const char* name : {"a", "b", "cycle", "Maintenance"}) {
      birth.metrics.push_back({.name = name, .alias = ++alias, .type = sparkplug::DataType::float64});
    }
    if (told.empty()) return;
    const auto& [cycle, a] = *told.rbegin();
    const double values[] = {a, 20, static_cast<double>(cycle)};
    for (std::size_t i = 0; i < std::size(values); ++i) {
      auto& metric = birth.metrics[birth.metrics.size() - 4 + i];
      metric.time_ms = static_cast<std::uint64_t>(cycle) * 1000;
      metric.value = values[i];
    }
  }
  void publish(int cycle, double a, bool is_historical) {
    encoder_.clear();
    const std::uint64_t time_ms = static_cast<std::uint64_t>(cycle) * 1000;
    encoder_.add({.alias = 1, .time_ms = time_ms, .value = a, .is_historical = is_historical});
    encoder_.add({.alias = 2, .time_ms = time_ms, .value = 20, .is_historical = is_historical});
    encoder_.add({.alias = 3, .time_ms = time_ms, .value = static_cast<double>(cycle), .is_historical = is_historical});
    std::string payload(encoder_.bytes());
    static_cast<void>(node_.publish_data("p1", payload, loop_.clock().now_us()));  // without a broker: told again later
  }
  void on_message(const mqtt::Message& message) {
    if (message.topic.find("/DDATA/edge-1/") != std::string_view::npos) return keep(message.payload, decisions);
    if (message.topic.find("/NDATA/edge-1") != std::string_view::npos) return on_batch(message.payload);
    node_.on_message(message.topic, message.payload, loop_.clock().now_us());
  }
  void on_batch(std::string_view payload) {
    std::string epoch;
    std::uint64_t batch = 0;
    sparkplug::DataDecoder decoder(payload);
    for (sparkplug::DataMetric metric; decoder.next(metric);) {
      if (metric.name == sparkplug::names::epoch) epoch = metric.text;
      if (metric.name == sparkplug::names::batch) batch = metric.bits;
    }
    if (held_.emplace(epoch, batch).second) keep(payload, stored);
    if (!acknowledges) return;
    sparkplug::Payload ack;
    ack.metrics.push_back(sparkplug::text_metric(std::string(sparkplug::names::epoch), epoch, 1));
    ack.metrics.push_back(sparkplug::text_metric(std::string(sparkplug::names::acked), std::to_string(batch), 1));
    static_cast<void>(client_->publish("spBv1.0/plant-1/NCMD/edge-1", sparkplug::encode(ack), 0, false));
  }
  void keep(std::string_view payload, std::vector<DecisionRecord>& to) {
    sparkplug::DataDecoder decoder(payload);
    for (sparkplug::DataMetric metric; decoder.next(metric);) {
      if (metric.name == sparkplug::names::decision) to.push_back(*parse_decision_record(metric.text));
      if (metric.name == sparkplug::names::gap) gaps.push_back(*parse_gap(metric.text));
    }
  }

  Loop& loop_;
  std::unique_ptr<mqtt::Client> client_;
  sparkplug::EdgeNode node_;
  sparkplug::DataEncoder encoder_;
  std::set<std::pair<std::string, std::uint64_t>> held_;
};

}  // namespace millrace::testing
