// Node-RED between the broker's two sides.
#pragma once

#include "round_trip.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace millrace::bench {

/// The flow of bench/peers/node-red: mqtt in -> a function that passes the message on -> mqtt out, QoS 0.
/// A message holds its number and as many bytes as a row of 25 signals.
class NodeRed : public Responder {
 public:
  explicit NodeRed(std::filesystem::path program);  ///< node-red/red.js
  ~NodeRed() override;
  [[nodiscard]] std::vector<std::string> filters() override { return {"bench/out"}; }
  void on_connected(mqtt::Client& client) override { client_ = &client; }
  /// Sends a probe until one has come back.
  [[nodiscard]] bool ready() override;
  void send(std::uint64_t number) override;
  std::optional<std::uint64_t> on_message(const mqtt::Message& message) override;

 private:
  void run(std::uint16_t broker_port) override;

  std::filesystem::path program_, folder_;
  mqtt::Client* client_ = nullptr;
  SystemClock clock_;
  TimeUs probed_us_ = 0;
  bool answered_ = false;
  std::string payload_;
};

}  // namespace millrace::bench
