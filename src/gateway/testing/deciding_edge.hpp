#pragma once

#include "net/mqtt/testing/broker_process.hpp"
#include "sparkplug/data_decoder.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/edge_node.hpp"
#include "sparkplug/names.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// An edge node at the site's broker that decides, and hears the gateway.
class Edge {
 public:
  Edge(Loop& loop, mqtt::BrokerProcess& broker)
      : loop_(loop),
        client_(mqtt::make_mosquitto_client(loop, broker.client_options("edge-1"))),
        node_({.group = "plant", .node = "edge-1"},
              {.publish =
                   [this](const sparkplug::Publication& out) {
                     return client_->publish(out.topic, out.payload, out.quality_of_service, out.retain);
                   },
               .birth =
                   [](std::string_view device, sparkplug::Payload& birth) {
                     if (device.empty()) return;
                     for (auto name : {sparkplug::names::decision, sparkplug::names::epoch}) {
                       birth.metrics.push_back({.name = std::string(name), .type = sparkplug::DataType::string});
                     }
                     birth.metrics.push_back(
                         {.name = std::string(sparkplug::names::batch), .type = sparkplug::DataType::uint64});
                   },
               .command =
                   [this](std::string_view, const sparkplug::Payload& command) {
                     const auto* acked = command.find(sparkplug::names::acked);
                     if (acked != nullptr) acknowledged.push_back(std::get<std::string>(acked->value));
                   }}) {
    EXPECT_TRUE(node_.add_device("engine-1", 1));
    client_->start({.will = [this]() -> std::optional<mqtt::Will> {
                      auto testament = node_.testament(loop_.clock().now_us());
                      return mqtt::Will{testament.topic, testament.payload, 1, false};
                    },
                    .on_connected =
                        [this] {
                          auto filters = node_.subscriptions();
                          filters.emplace_back("spBv1.0/plant/+/gateway/#");
                          (void)client_->subscribe(filters, 1);
                          node_.on_connected(loop_.clock().now_us());
                        },
                    .on_disconnected = [this](const Error&) { node_.on_disconnected(); },
                    .on_message =
                        [this](const mqtt::Message& message) {
                          if (node_.on_message(message.topic, message.payload, loop_.clock().now_us())) return;
                          auto topic = sparkplug::parse_topic(message.topic);
                          if (!topic || topic->type != sparkplug::MessageType::ddata) return;
                          sparkplug::DataDecoder decoder(message.payload);
                          for (sparkplug::DataMetric metric; decoder.next(metric);) {
                            ++(metric.is_historical ? historical : live);
                          }
                        }});
  }
  ~Edge() {
    node_.stop(loop_.clock().now_us());
    client_->stop();
  }
  void decide(const std::string& advice, std::uint64_t batch, double prediction = 10) {
    auto now_ms = static_cast<std::uint64_t>(loop_.clock().now_us() / 1000);
    sparkplug::DataEncoder encoder;
    encoder.add_text(sparkplug::names::decision, now_ms,
                     fmt::format(R"({{"decision_id":"{}","time_us":{},"use_case":"watch","asset":"engine-1",)"
                                 R"("advice":"{}","prediction":{}}})",
                                 batch, loop_.clock().now_us(), advice, prediction));
    std::string payload(encoder.bytes());
    sparkplug::append_text(payload, sparkplug::names::epoch, "edge-epoch", now_ms);
    sparkplug::append_unsigned(payload, sparkplug::names::batch, batch, now_ms);
    ASSERT_TRUE(node_.publish_data("engine-1", payload, loop_.clock().now_us()));
  }
  void ask_for_replay(std::uint64_t from_ms) {
    sparkplug::Payload wish;
    wish.metrics.push_back(sparkplug::unsigned_metric(std::string(sparkplug::names::replay), from_ms, from_ms));
    ASSERT_TRUE(client_->publish("spBv1.0/plant/NCMD/gateway", sparkplug::encode(wish), 0, false));
  }
  [[nodiscard]] bool born() const { return node_.born(); }
  std::vector<std::string> acknowledged;
  std::uint64_t live = 0, historical = 0;

 private:
  Loop& loop_;
  std::unique_ptr<mqtt::Client> client_;
  sparkplug::EdgeNode node_;
};

}  // namespace millrace
