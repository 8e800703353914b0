// Our edge between the broker's two sides.
#pragma once

#include "edge/config.hpp"
#include "edge_load.hpp"
#include "round_trip.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace millrace::bench {

class EdgeResponder : public Responder {
 public:
  EdgeResponder(const UseCase& use_case, EngineChoice choice);
  ~EdgeResponder() override;
  [[nodiscard]] std::vector<std::string> filters() override;
  void on_connected(mqtt::Client& client) override;
  [[nodiscard]] bool ready() override { return births_ >= assets; }
  void send(std::uint64_t number) override;
  std::optional<std::uint64_t> on_message(const mqtt::Message& message) override;

 private:
  void write_assignment() const;
  void run(std::uint16_t broker_port) override;

  const UseCase& use_case_;
  EngineChoice choice_;
  std::filesystem::path folder_;
  SystemClock clock_;
  mqtt::Client* client_ = nullptr;
  Plant plant_;
  std::size_t births_ = 0;
};

}  // namespace millrace::bench
