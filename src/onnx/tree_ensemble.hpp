#pragma once

#include "base/result.hpp"
#include "onnx/model.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace millrace::onnx {

/// How an inner node compares its feature with its threshold; true goes to `when_true`.
enum class Branch : std::uint8_t { leaf, less, less_or_equal, greater, greater_or_equal };

struct TreeNode {
  Branch branch = Branch::leaf;
  bool missing_is_true = false;  ///< where NaN goes
  std::uint32_t feature = 0;
  float value = 0;              ///< threshold, or the leaf's weight
  std::uint32_t when_true = 0;  ///< index within the tree
  std::uint32_t when_false = 0;
};

/// Node 0 is the root.
using Tree = std::vector<TreeNode>;

/// A sum of regression trees plus a base score: ONNX-ML operator TreeEnsembleRegressor with one target, aggregate SUM
/// and no post-transform (github.com/onnx/onnx/blob/main/docs/Operators-ml.md).
struct TreeEnsemble {
  std::size_t features = 0;
  float base_score = 0;
  std::vector<Tree> trees;
};

/// `failed_precondition` when the model holds anything but one such operator; `corrupt` when the trees make no sense
/// (a child that is not there, a loop, a feature beyond the input).
Result<TreeEnsemble> read_tree_ensemble(const Model& model);

/// A model with input "features" [rows, n] and output "prediction" [rows, 1]; ai.onnx.ml opset 3, IR version 8 (both
/// read by every engine since 2022).
Model to_model(const TreeEnsemble& ensemble);

}  // namespace millrace::onnx
