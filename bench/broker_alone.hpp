// Nobody between the broker's two sides: what the broker itself can pass on.
#pragma once

#include "round_trip.hpp"

#include <unistd.h>
#include <charconv>
#include <string>
#include <system_error>

namespace millrace::bench {

/// The generator hears its own messages, as long as a decision.
class BrokerAlone : public Responder {
 public:
  ~BrokerAlone() override { stop(); }
  [[nodiscard]] std::vector<std::string> filters() override { return {topic}; }
  void on_connected(mqtt::Client& client) override { client_ = &client; }
  [[nodiscard]] bool ready() override { return client_ != nullptr; }
  void send(std::uint64_t number) override {
    std::to_chars(payload_.data(), payload_.data() + payload_.size(), number);
    if (!client_->publish(topic, payload_, 0, false)) std::abort();
  }
  std::optional<std::uint64_t> on_message(const mqtt::Message& message) override {
    std::uint64_t number = 0;
    const auto text = message.payload;
    const auto error = std::from_chars(text.data(), text.data() + text.size(), number).ec;
    return error == std::errc() ? std::optional(number) : std::nullopt;
  }

 private:
  static constexpr const char* topic = "bench/echo";
  static constexpr std::size_t decision_bytes = 650;
  void run(std::uint16_t) override { ::pause(); }
  mqtt::Client* client_ = nullptr;
  std::string payload_ = std::string(decision_bytes, ' ');
};

}  // namespace millrace::bench
