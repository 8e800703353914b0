#include "edge/active_model.hpp"

#include <fmt/format.h>

namespace millrace {
namespace {

Result<std::unique_ptr<Engine>> make_engine(std::string_view onnx, EngineChoice choice) {
  if (choice == EngineChoice::onnxruntime) return make_onnxruntime_engine(onnx);
  auto trees = make_tree_engine(onnx);
  const bool other_kind = !trees && trees.error().code == ErrorCode::failed_precondition;
  if (choice == EngineChoice::automatic && other_kind) return make_onnxruntime_engine(onnx);
  return trees;
}

Result<void> check_fit(const FeatureDefinition& definition, const Engine& engine, const UseCase& use_case) {
  const auto refuse = [](std::string why) { return fail(ErrorCode::failed_precondition, std::move(why)); };
  if (definition.use_case != use_case.name) {
    return refuse(fmt::format("the features are made for use case {}, not {}", definition.use_case, use_case.name));
  }
  if (definition.layout != row_layout(use_case)) {
    return refuse("the features read other signals than this version of the use case has: train again");
  }
  if (engine.features() != definition.size()) {
    return refuse(
        fmt::format("the model takes {} features, the definition gives {}", engine.features(), definition.size()));
  }
  if (engine.outputs() != 1)
    return refuse(fmt::format("the model gives {} numbers, a decision needs 1", engine.outputs()));
  return {};
}

}  // namespace

Result<EngineChoice> parse_engine_choice(std::string_view text) {
  if (text == "auto") return EngineChoice::automatic;
  if (text == "trees") return EngineChoice::trees;
  if (text == "onnxruntime") return EngineChoice::onnxruntime;
  return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is no engine: write auto, trees or onnxruntime", text));
}

Result<ActiveModel> load_model(std::string version, const ModelFiles& files, const UseCase& use_case,
                               EngineChoice choice) {
  ActiveModel model{.version = std::move(version)};
  TRY_ASSIGN(auto definition, parse_feature_definition(files.features_json));
  TRY_ASSIGN(model.engine, make_engine(files.model_onnx, choice));
  TRY(check_fit(definition, *model.engine, use_case));
  TRY_ASSIGN(const GoldenVectors golden, parse_golden_vectors(files.golden_json));
  TRY(check_golden_vectors(*model.engine, golden));
  model.feature_hash = definition.hash();
  model.definition = std::make_shared<const FeatureDefinition>(std::move(definition));
  return model;
}

}  // namespace millrace
