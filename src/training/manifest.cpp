#include "training/manifest.hpp"

#include "base/hash.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace millrace {
namespace {

using Json = nlohmann::ordered_json;

/// Six significant digits are enough for people and stay the same on every machine.
double rounded(double value) {
  if (!std::isfinite(value) || value == 0) return value;
  const double scale = std::pow(10.0, 5 - std::floor(std::log10(std::abs(value))));
  return std::round(value * scale) / scale;
}

Json to_json(const Metrics& metrics) {
  return {
      {"rows", metrics.rows},        {"rmse", rounded(metrics.rmse)}, {"rmse_uncapped", rounded(metrics.rmse_uncapped)},
      {"mae", rounded(metrics.mae)}, {"bias", rounded(metrics.bias)}, {"nasa_score", rounded(metrics.nasa_score)}};
}

Json names_of(const History& history, const std::vector<std::size_t>& assets) {
  Json names = Json::array();
  for (const auto asset : assets) names.push_back(history.assets[asset].name);
  return names;
}

Json dataset_of(const TrainingRequest& request, const ModelBundle& bundle, const ManifestFacts& facts) {
  const auto& label = request.use_case.model.label;
  const History& history = *facts.history;
  std::map<std::string, std::size_t> ends;
  for (const auto& life : history.lives) ++ends[life.ended ? life.how.kind : "unended"];
  return {{"source", facts.data.source},
          {"snapshot", facts.data.snapshot},
          {"query", facts.data.query},
          {"sha256", bundle.dataset_sha256},
          {"rows", history.rows()},
          {"training_rows", facts.training_rows},
          {"validation_rows", facts.validation_rows},
          {"assets", history.assets.size()},
          {"lives", history.lives.size()},
          {"life_ends", ends},
          {"from", history.times.empty() ? "" : format_time(std::ranges::min(history.times))},
          {"to", history.times.empty() ? "" : format_time(std::ranges::max(history.times))},
          {"label",
           {{"kind", label.kind},
            {"until", label.until},
            {"cap", label.cap ? Json(*label.cap) : Json(nullptr)},
            {"rows_below", label.rows_below ? Json(*label.rows_below) : Json(nullptr)}}}};
}

Json features_of(const ModelBundle& bundle, const ManifestFacts& facts) {
  const FeatureDefinition& definition = *facts.definition;
  Json dropped = Json::array();
  for (std::size_t column = 0; column < definition.layout.measured; ++column) {
    if (std::ranges::find(definition.used, column) == definition.used.end())
      dropped.push_back(definition.layout.columns[column]);
  }
  return {{"sha256", sha256_hex(bundle.features_json)},
          {"count", definition.size()},
          {"window", definition.window},
          {"regimes", std::max<std::size_t>(1, definition.normalisation.regimes())},
          {"dropped_constant_signals", dropped}};
}

Json importance_of(const ManifestFacts& facts) {
  const auto names = facts.definition->names();
  std::vector<std::pair<double, std::string>> ranked;
  for (std::size_t k = 0; k < std::min(names.size(), facts.importance.size()); ++k) {
    if (facts.importance[k] > 0) ranked.emplace_back(-facts.importance[k], names[k]);
  }
  std::ranges::sort(ranked);
  Json out = Json::array();
  for (const auto& [gain, name] : ranked) out.push_back({{"feature", name}, {"share", rounded(-gain)}});
  return out;
}

Json onnx_of(const ModelBundle& bundle, const ManifestFacts& facts) {
  return {
      {"sha256", sha256_hex(bundle.model_onnx)},
      {"bytes", bundle.model_onnx.size()},
      {"ir_version", facts.model.ir_version},
      {"opsets", facts.model.opsets},
      {"operators", facts.model.operators()},
      {"input",
       {{"name", facts.model.inputs.at(0).name}, {"type", "float32"}, {"shape", {nullptr, facts.definition->size()}}}},
      {"output", {{"name", facts.model.outputs.at(0).name}, {"type", "float32"}, {"shape", {nullptr, 1}}}}};
}

}  // namespace

std::string make_manifest(const TrainingRequest& request, const ModelBundle& bundle, const ManifestFacts& facts) {
  Json slices = Json::object();
  for (const auto& [name, metrics] : facts.slices) slices[name] = to_json(metrics);
  Json gates = Json::array();
  for (const auto& gate : bundle.gates) {
    gates.push_back(
        {{"name", gate.name}, {"limit", gate.limit}, {"value", rounded(gate.value)}, {"passed", gate.passed}});
  }
  Json parameters = Json::object();
  for (const auto& [name, value] : facts.parameters) parameters[name] = value;
  const auto& model = request.use_case.model;
  const Json manifest = {
      {"format", "millrace-model-1"},
      {"model_version", request.model_version},
      {"use_case", {{"name", request.use_case.name}, {"version", request.use_case_version}}},
      {"created", format_time(request.now_us)},
      {"code_commit", request.code_commit},
      {"task", model.task},
      {"output", {{"name", model.output}, {"unit", model.output_unit}}},
      {"dataset", dataset_of(request, bundle, facts)},
      {"split",
       {{"by", "asset"},
        {"seed", request.seed},
        {"evaluated",
         request.learn_from_all && !facts.split.validation.empty()
             ? "a twin that learned from the training assets only; the model itself learned from all labelled assets"
             : "the model itself"},
        {"learned_from", facts.learned_from.size()},
        {"training", names_of(*facts.history, facts.split.training)},
        {"validation", names_of(*facts.history, facts.split.validation)}}},
      {"seed", request.seed},
      {"trainer", {{"name", facts.trainer}, {"parameters", parameters}}},
      {"features", features_of(bundle, facts)},
      {"metrics",
       {{"validation", to_json(bundle.validation)},
        {"slices", slices},
        {"all_labelled_assets", to_json(facts.on_training_assets)}}},
      {"gates", gates},
      {"onnx", onnx_of(bundle, facts)},
      {"golden", {{"sha256", sha256_hex(bundle.golden_json)}, {"rows", facts.golden_rows}}},
      {"parity", facts.parity},
      {"importance", importance_of(facts)}};
  return manifest.dump(1) + "\n";
}

}  // namespace millrace
