#include "training/xgboost/model_json.hpp"

#include <cstdlib>
#include <nlohmann/json.hpp>

namespace millrace {
namespace {

using Json = nlohmann::json;

/// The numbers of the model are strings ("3.5E0"); its lists are numbers.
float float_of(const Json& text) { return std::strtof(text.get_ref<const std::string&>().c_str(), nullptr); }

Result<onnx::Tree> read_tree(const Json& json) {
  const auto left = json.at("left_children").get<std::vector<int>>();
  const auto right = json.at("right_children").get<std::vector<int>>();
  const auto features = json.at("split_indices").get<std::vector<std::uint32_t>>();
  const auto values = json.at("split_conditions").get<std::vector<float>>();
  const Json& default_left = json.at("default_left");
  if (json.contains("categories_nodes") && !json.at("categories_nodes").empty()) {
    return fail(ErrorCode::failed_precondition, "categorical splits cannot be exported");
  }
  // Pruned nodes stay in the lists: only what the root reaches is kept, in the order of a walk.
  onnx::Tree tree(1);
  std::vector<std::pair<int, std::uint32_t>> open = {{0, 0}};
  for (std::size_t done = 0; done < open.size(); ++done) {
    const auto [from, to] = open[done];
    const auto at = static_cast<std::size_t>(from);
    if (left.at(at) < 0) {
      tree[to] = {.value = values.at(at)};
      continue;
    }
    const auto next = static_cast<std::uint32_t>(tree.size());
    const Json& missing = default_left.at(at);
    const bool missing_left = missing.is_boolean() ? missing.get<bool>() : missing.get<int>() != 0;
    tree[to] = {onnx::Branch::less, missing_left, features.at(at), values.at(at), next, next + 1};
    tree.resize(tree.size() + 2);
    open.emplace_back(left.at(at), next);
    open.emplace_back(right.at(at), next + 1);
    if (open.size() > left.size()) return fail(ErrorCode::corrupt, "the trainer's model holds a tree with a loop");
  }
  return tree;
}

/// XGBoost starts its float32 sum at the base score; other engines add it last, which rounds differently (2e-5 where a
/// sum comes back to near 0). Put into the first tree's leaves, base + leaf is the very first sum that XGBoost makes,
/// and every engine that adds trees in order gives its bits.
void fold_base_score(onnx::TreeEnsemble& ensemble) {
  if (ensemble.trees.empty()) return;
  for (auto& node : ensemble.trees.front()) {
    if (node.branch == onnx::Branch::leaf) node.value = ensemble.base_score + node.value;
  }
  ensemble.base_score = 0;
}

}  // namespace

Result<onnx::TreeEnsemble> read_xgboost_model(std::string_view json, std::size_t rounds) {
  try {
    const Json document = Json::parse(json);
    const Json& learner = document.at("learner");
    const Json& booster = learner.at("gradient_booster");
    if (booster.at("name") != "gbtree" || learner.at("learner_model_param").at("num_class") != "0") {
      return fail(ErrorCode::failed_precondition, "only XGBoost models of kind gbtree with one output can be exported");
    }
    onnx::TreeEnsemble ensemble;
    const auto& features = learner.at("learner_model_param").at("num_feature").get_ref<const std::string&>();
    ensemble.features = std::strtoul(features.c_str(), nullptr, 10);
    ensemble.base_score = float_of(learner.at("learner_model_param").at("base_score"));
    for (const Json& tree : booster.at("model").at("trees")) {
      if (rounds > 0 && ensemble.trees.size() == rounds) break;
      TRY_ASSIGN(onnx::Tree read, read_tree(tree));
      ensemble.trees.push_back(std::move(read));
    }
    fold_base_score(ensemble);
    return ensemble;
  } catch (const std::exception& error) {
    return fail(ErrorCode::corrupt, std::string("the trainer's model cannot be read: ") + error.what());
  }
}

}  // namespace millrace
