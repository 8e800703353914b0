#pragma once

#include "net/mqtt/client.hpp"
#include "sparkplug/batch_set.hpp"
#include "sparkplug/data_decoder.hpp"
#include "sparkplug/host.hpp"
#include "sparkplug/names.hpp"
#include "spool/spool.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace millrace {

/// Listens like the platform: Sparkplug host, drops repeated batches, acknowledges when told to.
class Platform {
 public:
  Platform(Loop& loop, const mqtt::ClientOptions& options)
      : loop_(loop),
        client_(mqtt::make_mosquitto_client(loop, options)),
        host_({.host = "platform", .group = "plant"}, loop.clock(),
              {.publish =
                   [this](const sparkplug::Publication& out) {
                     return client_->publish(out.topic, out.payload, out.quality_of_service, out.retain);
                   },
               .data = [this](sparkplug::DeviceState& device, std::string_view payload,
                              TimeUs) { on_data(device, payload); }}) {
    client_->start({.will = [this]() -> std::optional<mqtt::Will> {
                      auto testament = host_.testament(loop_.clock().now_us());
                      return mqtt::Will{testament.topic, testament.payload, 1, testament.retain};
                    },
                    .on_connected =
                        [this] {
                          (void)client_->subscribe(host_.subscriptions(), 1);
                          host_.on_connected(loop_.clock().now_us());
                        },
                    .on_disconnected = [this](const Error&) { host_.on_disconnected(loop_.clock().now_us()); },
                    .on_message =
                        [this](const mqtt::Message& message) {
                          host_.on_message(message.topic, message.payload, loop_.clock().now_us());
                        }});
  }
  ~Platform() { stop(); }
  void stop() {
    if (!client_) return;
    host_.stop(loop_.clock().now_us());
    client_->stop();
    client_.reset();
  }

  bool acknowledges = true;
  std::set<std::tuple<std::string, std::string, std::uint64_t>> points;  ///< asset, signal, time
  std::uint64_t repeated_points = 0, repeated_batches = 0, historical = 0;
  std::vector<std::string> decisions;
  std::vector<std::string> events;
  std::vector<SpoolGap> gaps;
  sparkplug::BatchSet held;
  std::set<std::string> epochs;

 private:
  void on_data(sparkplug::DeviceState& device, std::string_view payload) {
    std::string epoch;
    std::optional<std::uint64_t> batch;
    std::vector<std::tuple<std::string, std::string, std::uint64_t>> found;
    sparkplug::DataDecoder decoder(payload);
    for (sparkplug::DataMetric metric; decoder.next(metric);) {
      const auto* born = device.metrics.find(metric);
      ASSERT_NE(born, nullptr) << metric.alias;
      if (born->name == sparkplug::names::epoch) {
        epoch = metric.text;
      } else if (born->name == sparkplug::names::batch) {
        batch = metric.bits;
      } else if (born->name == sparkplug::names::decision) {
        pending_decisions_.emplace_back(metric.text);
      } else if (born->name == sparkplug::names::event) {
        events.emplace_back(metric.text);
      } else if (born->name == sparkplug::names::quality) {
        continue;
      } else if (born->name == sparkplug::names::gap) {
        gaps.push_back(parse_gap(metric.text).value());
      } else {
        historical += metric.is_historical ? 1 : 0;
        found.emplace_back(device.device, born->name, metric.time_ms);
      }
    }
    ASSERT_TRUE(batch);
    epochs.insert(epoch);
    if (held.contains(*batch)) {
      ++repeated_batches;
    } else {
      held.add(*batch);
      for (auto& point : found) repeated_points += points.insert(std::move(point)).second ? 0 : 1;
      for (auto& decision : pending_decisions_) decisions.push_back(std::move(decision));
    }
    pending_decisions_.clear();
    if (!acknowledges) return;
    sparkplug::Payload ack;
    ack.metrics.push_back(sparkplug::text_metric(std::string(sparkplug::names::epoch), epoch, 1));
    ack.metrics.push_back(sparkplug::text_metric(std::string(sparkplug::names::acked), held.to_text(), 1));
    (void)host_.command("plant", "gateway", {}, std::move(ack), loop_.clock().now_us());
  }

  Loop& loop_;
  std::unique_ptr<mqtt::Client> client_;
  sparkplug::Host host_;
  std::vector<std::string> pending_decisions_;
};

}  // namespace millrace
