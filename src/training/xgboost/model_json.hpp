#pragma once

#include "base/result.hpp"
#include "onnx/tree_ensemble.hpp"

#include <string_view>

namespace millrace {

/// XGBoost's JSON model (xgboost.readthedocs.io, "Introduction to Model IO", schema of 1.7) as a tree ensemble: `x <
/// threshold` goes left, NaN where the model says. `rounds` limits the trees (0: all). The base score lies in the first
/// tree's leaves. `failed_precondition` for other boosters than gbtree with one output and for categorical splits.
Result<onnx::TreeEnsemble> read_xgboost_model(std::string_view json, std::size_t rounds = 0);

}  // namespace millrace
