#pragma once

#include "delivery/testing/assigned.hpp"
#include "edge/active_model.hpp"

namespace millrace::testing {

/// A use case with its model, as a platform assigns them.
inline delivery::Assigned assigned(const std::string& use_case, const std::string& yaml, const ModelFiles& files,
                                   int model_version = 1) {
  delivery::Assigned all;
  all.use_case(use_case, yaml)
      .model(use_case, model_version,
             {{"model.onnx", files.model_onnx},
              {"golden.json", files.golden_json},
              {"features.json", files.features_json}});
  return all;
}

}  // namespace millrace::testing
