#include "platform/explanation.hpp"

#include "features/definition.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>

namespace millrace {
namespace {

float median(std::vector<float> values) {
  std::erase_if(values, [](float value) { return std::isnan(value); });
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

Result<Explanation> Explanation::load(std::string_view features_json, std::string_view golden_json,
                                      std::string_view model_onnx) {
  TRY_ASSIGN(const auto definition, parse_feature_definition(features_json));
  TRY_ASSIGN(const auto golden, parse_golden_vectors(golden_json));
  Explanation explanation;
  explanation.names_ = definition.names();
  const auto width = explanation.names_.size();
  if (golden.features != width) {
    return fail(ErrorCode::corrupt,
                fmt::format("the bundle names {} features, its golden rows have {}", width, golden.features));
  }
  for (std::size_t feature = 0; feature < width; ++feature) {
    std::vector<float> column;
    for (auto at = feature; at < golden.inputs.size(); at += width) column.push_back(golden.inputs[at]);
    explanation.typical_.push_back(median(std::move(column)));
  }
  TRY_ASSIGN(explanation.engine_, make_tree_engine(model_onnx));
  return explanation;
}

Result<std::vector<double>> Explanation::contributions(std::span<const double> inputs) {
  const auto width = names_.size();
  if (inputs.size() != width) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} inputs were given, the model has {}", inputs.size(), width));
  }
  std::vector<float> rows;
  rows.reserve((width + 1) * width);
  for (std::size_t row = 0; row <= width; ++row) {
    for (std::size_t feature = 0; feature < width; ++feature) {
      rows.push_back(row == feature + 1 ? typical_[feature] : static_cast<float>(inputs[feature]));
    }
  }
  std::vector<float> outputs(width + 1);
  TRY(engine_->run(rows, outputs));
  std::vector<double> moved;
  for (std::size_t feature = 0; feature < width; ++feature) {
    moved.push_back(static_cast<double>(outputs[0]) - static_cast<double>(outputs[feature + 1]));
  }
  return moved;
}

}  // namespace millrace
