#pragma once

#include "edge/active_model.hpp"
#include "onnx/model.hpp"
#include "onnx/tree_ensemble.hpp"

#include <string>

namespace millrace::testing {

/// A use case with two measurements, a clock and a maintenance code: enough to see everything happen.
inline std::string sample_yaml(const std::string& limit = "20") {
  return "use_case: pump\n"
         "title: Change the seal in time\n"
         "owner: operations-manager\n"
         "outcome: {kpi: leaks, baseline: {measured: 5}, target: -20 %}\n"
         "assets: {type: Pump, select: {site: plant-1}}\n"
         "signals:\n"
         "  - {name: cycle, role: clock}\n"
         "  - {name: a, quantity: pressure, unit: bar, range: [-1000, 1000]}\n"
         "  - {name: b, quantity: temperature, unit: degC}\n"
         "  - {name: Maintenance, role: work_order, codes: {1: overhaul, 2: failure}}\n"
         "quality: {missing: \"<= 40 %\"}\n"
         "features: {window: {size: 5}, each: [last, mean], age: true}\n"
         "model: {task: regression, output: rul, label: {remaining_useful_life: {until: work_order.failure}}, trainer: "
         "{gbdt: {}}}\n"
         "decision: {when: rul < " +
         limit + ", hold: 2, then: {advice: overhaul}, timeout: {after: 5 s}}\n";
}

inline UseCase sample_use_case(const std::string& limit = "20") { return *parse_use_case(sample_yaml(limit)); }

/// One tree: the newest value of `a` below 50 gives `low`, else `high`.
inline std::string sample_onnx(float low, float high, std::size_t features = 5) {
  onnx::TreeEnsemble ensemble{.features = features, .base_score = 0};
  ensemble.trees.push_back({{onnx::Branch::less, false, 0, 50, 1, 2}, {.value = low}, {.value = high}});
  return onnx::to_bytes(onnx::to_model(ensemble));
}

inline ModelFiles sample_files(float low, float high) {
  const auto definition = *compile_features(sample_use_case());
  GoldenVectors golden{.features = 5, .inputs = {10, 0, 0, 0, 0, 90, 0, 0, 0, 0}, .outputs = {low, high}};
  return {sample_onnx(low, high), to_json(golden), to_json(definition)};
}

inline ActiveModel sample_model(float low = 10, float high = 100, const std::string& version = "pump/1") {
  return *load_model(version, sample_files(low, high), sample_use_case(), EngineChoice::trees);
}

}  // namespace millrace::testing
