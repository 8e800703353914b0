// What the edge's benchmarks have in common: the use case, a model of 300 trees, and the plant that sends rows.
#pragma once

#include "base/file.hpp"
#include "decision/record.hpp"
#include "edge/active_model.hpp"
#include "onnx/synthetic.hpp"
#include "sparkplug/asset_properties.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/edge_node.hpp"
#include "usecase/usecase.hpp"

#include <fmt/format.h>

#include <time.h>
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace millrace::bench {

inline constexpr std::size_t assets = 40;  // 40 x 25 signals = 1,000
inline constexpr std::uint64_t first_ms = 1'790'000'000'000ull;
inline constexpr std::size_t trees = 300;

inline std::string use_case_yaml() {
  return *read_file(std::filesystem::path(MILLRACE_SOURCE) / "examples/usecases/turbofan-maintenance.yaml");
}

inline ModelFiles make_model(const UseCase& use_case) {
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

inline std::string asset_name(std::size_t asset) { return fmt::format("engine-{:03}", asset + 1); }

/// The plant's side: births and rows of 25 signals with plausible values.
class Plant {
 public:
  Plant(const UseCase& use_case, sparkplug::Publish publish)
      : use_case_(use_case),
        node_({.group = "bench", .node = "gateway"},
              {.publish = std::move(publish), .birth = [this](std::string_view device, sparkplug::Payload& birth) {
                 if (device.empty()) return;
                 sparkplug::tell({use_case_.assets.type, {use_case_.assets.tag}}, birth);
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

inline double quantile(std::vector<double>& values, double q) {
  if (values.empty()) return 0;
  const auto at = static_cast<std::size_t>(q * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

inline std::int64_t now_ns() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

}  // namespace millrace::bench
