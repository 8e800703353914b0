#pragma once

#include "cmapss/cmapss.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/names.hpp"
#include "sparkplug/payload.hpp"
#include "sparkplug/topic.hpp"

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace millrace::bench {

/// What a gateway sends for a fleet of engines: births, then data with epoch and batch number. The values are C-MAPSS's
/// when the files are there, else decimals of the same kind.
class IngestLoad {
 public:
  struct Message {
    std::string topic, payload;
  };
  static constexpr int engines = 100;
  static constexpr const char* site = "plant";
  static constexpr const char* node = "gateway";
  static constexpr const char* epoch = "0123456789abcdef0123456789abcdef";

  /// Every data message holds `points` points of one engine: whole rows of 24, one cycle after the other.
  explicit IngestLoad(std::size_t points_per_message) : points_(points_per_message) {
    const auto folder = cmapss::find_recorded_data();
    if (!folder.empty()) {
      if (auto recorded = cmapss::read_engines(folder / "train_FD001.txt")) engines_ = std::move(*recorded);
    }
    recorded_ = !engines_.empty();
    if (!recorded_) simulate();
  }
  [[nodiscard]] bool recorded() const { return recorded_; }
  [[nodiscard]] const std::vector<cmapss::Engine>& fleet() const { return engines_; }

  static std::string name(int engine) { return "engine-" + std::to_string(1'000 + engine).substr(1); }
  static int engine_of(std::uint64_t number) { return static_cast<int>(number % engines); }

  /// Adds an engine's metrics to its birth.
  void describe(std::string_view device, sparkplug::Payload& birth) const {
    for (int engine = 0; engine < engines; ++engine) {
      if (name(engine) != device) continue;
      for (std::size_t i = 0; i < cmapss::signal_names.size(); ++i) {
        birth.metrics.push_back({.name = std::string(cmapss::signal_names[i]),
                                 .alias = alias(engine, i),
                                 .time_ms = 1,
                                 .type = sparkplug::DataType::float64,
                                 .value = 0.0});
      }
    }
  }

  /// The metrics of message `number` (from 0), as a gateway spools them; valid until the next call.
  [[nodiscard]] std::string_view metrics(std::uint64_t number) {
    const int engine = engine_of(number);
    const auto& cycles = engines_[static_cast<std::size_t>(engine) % engines_.size()].cycles;
    const std::size_t width = cmapss::signal_names.size(), first = number / engines * points_;
    encoder_.clear();
    for (std::size_t i = first; i < first + points_; ++i) {
      const std::size_t row = i / width;
      encoder_.add({.alias = alias(engine, i % width),
                    .time_ms = start_ms + row * 100,
                    .value = cycles[row % cycles.size()].values[i % width]});
    }
    return encoder_.bytes();
  }

  /// What the uplink makes of them, for a receiver without a broker: births first.
  [[nodiscard]] std::vector<Message> births() const {
    namespace sp = sparkplug;
    std::vector<Message> out;
    sp::Payload birth{.time_ms = 1, .seq = 0};
    birth.metrics.push_back(sp::unsigned_metric(std::string(sp::names::bd_seq), 0, 1));
    birth.metrics.push_back(sp::text_metric(std::string(sp::names::epoch), epoch, 1));
    out.push_back({sp::format_topic(sp::MessageType::nbirth, site, node), sp::encode(birth)});
    for (int engine = 0; engine < engines; ++engine) {
      sp::Payload device{.time_ms = 1, .seq = static_cast<std::uint64_t>(engine + 1) % 256};
      describe(name(engine), device);
      out.push_back({sp::format_topic(sp::MessageType::dbirth, site, node, name(engine)), sp::encode(device)});
    }
    return out;
  }

  /// Message `number` (from 0); its batch number is one more.
  [[nodiscard]] Message data(std::uint64_t number) {
    namespace sp = sparkplug;
    Message out{sp::format_topic(sp::MessageType::ddata, site, node, name(engine_of(number))),
                std::string(metrics(number))};
    sp::append_text(out.payload, sp::names::epoch, epoch, start_ms);
    sp::append_unsigned(out.payload, sp::names::batch, number + 1, start_ms);
    sp::append_time(out.payload, start_ms);
    sp::append_seq(out.payload, (number + engines + 1) % 256);
    return out;
  }

 private:
  static constexpr std::uint64_t start_ms = 1'790'000'000'000;
  static std::uint64_t alias(int engine, std::size_t signal) {
    return static_cast<std::uint64_t>(engine) * cmapss::signal_names.size() + signal + 1;
  }
  void simulate() {
    std::mt19937_64 random(7);
    std::normal_distribution<double> noise;
    for (int unit = 1; unit <= engines; ++unit) {
      cmapss::Engine engine{.unit = unit};
      for (int number = 1; number <= 200; ++number) {
        cmapss::Cycle cycle{.number = number};
        for (std::size_t i = 0; i < cycle.values.size(); ++i) {
          cycle.values[i] =
              std::round((600.0 + 50.0 * static_cast<double>(i) + number * 0.01 + 0.5 * noise(random)) * 100) / 100;
        }
        engine.cycles.push_back(cycle);
      }
      engines_.push_back(std::move(engine));
    }
  }

  std::size_t points_;
  std::vector<cmapss::Engine> engines_;
  bool recorded_ = false;
  sparkplug::DataEncoder encoder_;
};

}  // namespace millrace::bench
