#pragma once

#include "features/definition.hpp"
#include "onnx/model.hpp"
#include "training/dataset.hpp"
#include "training/training.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

/// All that a model version must be able to say about itself; becomes manifest.json.
struct ManifestFacts {
  DataIdentity data;
  const History* history = nullptr;
  Split split;
  std::vector<std::size_t> learned_from;  ///< assets that the model itself has seen
  std::size_t training_rows = 0;
  std::size_t validation_rows = 0;
  const FeatureDefinition* definition = nullptr;
  std::string trainer;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::map<std::string, Metrics> slices;
  Metrics on_training_assets;
  onnx::Model model;  ///< the exported one, read back
  std::map<std::string, double>
      parity;  ///< engine -> largest difference from the trainer, absolute or relative above 1
  std::vector<double> importance;
  std::size_t golden_rows = 0;
};

/// Reads from `bundle` what is there already (files, metrics, gates).
std::string make_manifest(const TrainingRequest& request, const ModelBundle& bundle, const ManifestFacts& facts);

}  // namespace millrace
