#pragma once

#include "base/result.hpp"
#include "features/definition.hpp"
#include "inference/engine.hpp"
#include "usecase/usecase.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace millrace {

enum class EngineChoice { automatic, trees, onnxruntime };
Result<EngineChoice> parse_engine_choice(std::string_view text);

/// A model that has proved itself on this device.
struct ActiveModel {
  std::string version;  ///< "turbofan-maintenance/3"
  std::shared_ptr<const FeatureDefinition> definition;
  std::string feature_hash;
  std::unique_ptr<Engine> engine;
};

/// The bytes of a model bundle; their hashes were checked by whoever fetched them.
struct ModelFiles {
  std::string model_onnx, golden_json, features_json;
};

/// Loads the engine, checks that it reads the use case's signals, and runs the golden vectors on this device. Takes
/// tens of milliseconds: call it from a worker. `failed_precondition` says which of these did not hold. `automatic`
/// takes the tree kernel where the model is a tree ensemble, else ONNX Runtime.
Result<ActiveModel> load_model(std::string version, const ModelFiles& files, const UseCase& use_case,
                               EngineChoice choice);

}  // namespace millrace
