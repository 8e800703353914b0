#pragma once

#include "base/result.hpp"
#include "inference/engine.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What a model's inputs are called, and how far each moved a prediction.
class Explanation {
 public:
  /// From the files of a bundle: features.json (names), golden.json (typical inputs), model.onnx.
  static Result<Explanation> load(std::string_view features_json, std::string_view golden_json,
                                  std::string_view model_onnx);

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  /// Per input: prediction minus the prediction with that input at its typical value (median of the golden rows), in
  /// the prediction's unit. One input at a time: simple, cheap, and no exact share (inputs that move together hide each
  /// other).
  Result<std::vector<double>> contributions(std::span<const double> inputs);

 private:
  std::vector<std::string> names_;
  std::vector<float> typical_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace millrace
