#include "onnx/tree_ensemble.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::onnx {
namespace {

constexpr std::array<std::pair<Branch, std::string_view>, 5> branch_names = {
    {{Branch::leaf, "LEAF"},
     {Branch::less, "BRANCH_LT"},
     {Branch::less_or_equal, "BRANCH_LEQ"},
     {Branch::greater, "BRANCH_GT"},
     {Branch::greater_or_equal, "BRANCH_GTE"}}};

std::string_view name_of(Branch branch) { return branch_names[static_cast<std::size_t>(branch)].second; }

Result<Branch> branch_of(std::string_view name) {
  for (const auto& [branch, known] : branch_names) {
    if (known == name) return branch;
  }
  return fail(ErrorCode::failed_precondition, "tree node mode '" + std::string(name) + "' is not supported");
}

/// The attributes of one TreeEnsembleRegressor node, by name, with their lengths checked.
class Attributes {
 public:
  explicit Attributes(const Node& node) : node_(node) {}
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t otherwise) const {
    const Attribute* found = node_.find(name);
    return found == nullptr ? otherwise : found->integer;
  }
  [[nodiscard]] std::string string(std::string_view name, std::string otherwise) const {
    const Attribute* found = node_.find(name);
    return found == nullptr ? otherwise : found->string;
  }
  [[nodiscard]] std::vector<float> reals(std::string_view name) const {
    const Attribute* found = node_.find(name);
    return found == nullptr ? std::vector<float>{} : found->reals;
  }
  [[nodiscard]] std::vector<std::int64_t> integers(std::string_view name) const {
    const Attribute* found = node_.find(name);
    return found == nullptr ? std::vector<std::int64_t>{} : found->integers;
  }
  [[nodiscard]] std::vector<std::string> strings(std::string_view name) const {
    const Attribute* found = node_.find(name);
    return found == nullptr ? std::vector<std::string>{} : found->strings;
  }

 private:
  const Node& node_;
};

/// (tree id, node id) -> (tree index, node index)
using Places = std::map<std::pair<std::int64_t, std::int64_t>, std::pair<std::size_t, std::uint32_t>>;

Result<void> check_supported(const Attributes& attributes) {
  if (attributes.integer("n_targets", 1) != 1) {
    return fail(ErrorCode::failed_precondition, "only tree ensembles with one target are supported");
  }
  if (const auto transform = attributes.string("post_transform", "NONE"); transform != "NONE") {
    return fail(ErrorCode::failed_precondition, "post_transform '" + transform + "' is not supported");
  }
  if (const auto aggregate = attributes.string("aggregate_function", "SUM"); aggregate != "SUM") {
    return fail(ErrorCode::failed_precondition, "aggregate_function '" + aggregate + "' is not supported");
  }
  return {};
}

Result<std::uint32_t> find_child(const Places& places, std::int64_t tree, std::int64_t node) {
  const auto found = places.find({tree, node});
  if (found == places.end()) {
    return fail(ErrorCode::corrupt, "tree " + std::to_string(tree) + " has no node " + std::to_string(node));
  }
  return found->second.second;
}

Result<void> read_nodes(const Attributes& attributes, TreeEnsemble& ensemble, Places& places) {
  const auto tree_ids = attributes.integers("nodes_treeids");
  const auto node_ids = attributes.integers("nodes_nodeids");
  const auto features = attributes.integers("nodes_featureids");
  const auto values = attributes.reals("nodes_values");
  const auto modes = attributes.strings("nodes_modes");
  const auto when_true = attributes.integers("nodes_truenodeids");
  const auto when_false = attributes.integers("nodes_falsenodeids");
  const auto missing = attributes.integers("nodes_missing_value_tracks_true");
  const std::size_t count = tree_ids.size();
  if (count == 0 || node_ids.size() != count || features.size() != count || values.size() != count ||
      modes.size() != count || when_true.size() != count || when_false.size() != count ||
      (!missing.empty() && missing.size() != count)) {
    return fail(ErrorCode::corrupt, "the node attributes of the tree ensemble differ in length");
  }
  std::map<std::int64_t, std::size_t> tree_index;
  for (std::size_t k = 0; k < count; ++k) {
    const auto [tree, is_new] = tree_index.try_emplace(tree_ids[k], ensemble.trees.size());
    if (is_new) ensemble.trees.emplace_back();
    auto& nodes = ensemble.trees[tree->second];
    if (!places.try_emplace({tree_ids[k], node_ids[k]}, tree->second, static_cast<std::uint32_t>(nodes.size()))
             .second) {
      return fail(ErrorCode::corrupt, "a tree node appears twice");
    }
    nodes.emplace_back();
  }
  for (std::size_t k = 0; k < count; ++k) {
    const auto [tree, index] = places.at({tree_ids[k], node_ids[k]});
    TreeNode& node = ensemble.trees[tree][index];
    TRY_ASSIGN(node.branch, branch_of(modes[k]));
    if (node.branch == Branch::leaf) continue;
    if (features[k] < 0 || static_cast<std::size_t>(features[k]) >= ensemble.features) {
      return fail(ErrorCode::corrupt, "a tree asks for feature " + std::to_string(features[k]) + " of " +
                                          std::to_string(ensemble.features));
    }
    node.feature = static_cast<std::uint32_t>(features[k]);
    node.value = values[k];
    node.missing_is_true = !missing.empty() && missing[k] != 0;
    TRY_ASSIGN(node.when_true, find_child(places, tree_ids[k], when_true[k]));
    TRY_ASSIGN(node.when_false, find_child(places, tree_ids[k], when_false[k]));
  }
  return {};
}

Result<void> read_leaves(const Attributes& attributes, TreeEnsemble& ensemble, const Places& places) {
  const auto tree_ids = attributes.integers("target_treeids");
  const auto node_ids = attributes.integers("target_nodeids");
  const auto weights = attributes.reals("target_weights");
  if (tree_ids.size() != weights.size() || node_ids.size() != weights.size()) {
    return fail(ErrorCode::corrupt, "the target attributes of the tree ensemble differ in length");
  }
  for (std::size_t k = 0; k < weights.size(); ++k) {
    const auto found = places.find({tree_ids[k], node_ids[k]});
    if (found == places.end()) return fail(ErrorCode::corrupt, "a leaf weight names a node that is not there");
    TreeNode& node = ensemble.trees[found->second.first][found->second.second];
    if (node.branch != Branch::leaf) return fail(ErrorCode::corrupt, "an inner tree node has a leaf weight");
    node.value = weights[k];
  }
  return {};
}

/// A tree visits each node exactly once from its root: no loops, no orphans, no shared children.
Result<void> check_is_tree(const Tree& tree) {
  std::vector<bool> seen(tree.size(), false);
  std::vector<std::uint32_t> open = {0};
  std::size_t visited = 0;
  while (!open.empty()) {
    const std::uint32_t at = open.back();
    open.pop_back();
    if (seen[at]) return fail(ErrorCode::corrupt, "a tree node has two parents");
    seen[at] = true;
    ++visited;
    if (tree[at].branch == Branch::leaf) continue;
    open.push_back(tree[at].when_true);
    open.push_back(tree[at].when_false);
  }
  if (visited != tree.size()) return fail(ErrorCode::corrupt, "a tree has nodes that its first node does not reach");
  return {};
}

Attribute reals(std::string name, std::vector<float> values) {
  return {.name = std::move(name), .kind = Attribute::Kind::reals, .reals = std::move(values)};
}
Attribute integers(std::string name, std::vector<std::int64_t> values) {
  return {.name = std::move(name), .kind = Attribute::Kind::integers, .integers = std::move(values)};
}
Attribute text(std::string name, std::string value) {
  return {.name = std::move(name), .kind = Attribute::Kind::string, .string = std::move(value)};
}

}  // namespace

Result<TreeEnsemble> read_tree_ensemble(const Model& model) {
  if (model.nodes.size() != 1 || model.nodes[0].op_type != "TreeEnsembleRegressor" ||
      model.nodes[0].domain != "ai.onnx.ml") {
    std::string found;
    for (const auto& name : model.operators()) found += (found.empty() ? "" : ", ") + name;
    return fail(ErrorCode::failed_precondition,
                "the tree engine runs a model of one ai.onnx.ml:TreeEnsembleRegressor; this one has: " + found);
  }
  if (model.inputs.size() != 1 || model.inputs[0].dimensions.size() != 2 || model.inputs[0].dimensions[1] <= 0) {
    return fail(ErrorCode::failed_precondition, "the tree engine needs one input of shape [rows, features]");
  }
  const Attributes attributes(model.nodes[0]);
  TRY(check_supported(attributes));
  TreeEnsemble ensemble;
  ensemble.features = static_cast<std::size_t>(model.inputs[0].dimensions[1]);
  const auto base = attributes.reals("base_values");
  if (base.size() > 1) return fail(ErrorCode::corrupt, "more base values than targets");
  if (!base.empty()) ensemble.base_score = base[0];
  Places places;
  TRY(read_nodes(attributes, ensemble, places));
  TRY(read_leaves(attributes, ensemble, places));
  for (const auto& tree : ensemble.trees) TRY(check_is_tree(tree));
  return ensemble;
}

Model to_model(const TreeEnsemble& ensemble) {
  std::vector<std::int64_t> tree_ids, node_ids, features, when_true, when_false, missing, leaf_trees, leaf_nodes,
      targets;
  std::vector<float> values, hitrates, weights;
  std::vector<std::string> modes;
  for (std::size_t tree = 0; tree < ensemble.trees.size(); ++tree) {
    for (std::size_t at = 0; at < ensemble.trees[tree].size(); ++at) {
      const TreeNode& node = ensemble.trees[tree][at];
      const bool leaf = node.branch == Branch::leaf;
      tree_ids.push_back(static_cast<std::int64_t>(tree));
      node_ids.push_back(static_cast<std::int64_t>(at));
      features.push_back(leaf ? 0 : node.feature);
      values.push_back(leaf ? 0 : node.value);
      hitrates.push_back(1);
      modes.emplace_back(name_of(node.branch));
      when_true.push_back(leaf ? 0 : node.when_true);
      when_false.push_back(leaf ? 0 : node.when_false);
      missing.push_back(!leaf && node.missing_is_true ? 1 : 0);
      if (!leaf) continue;
      leaf_trees.push_back(static_cast<std::int64_t>(tree));
      leaf_nodes.push_back(static_cast<std::int64_t>(at));
      targets.push_back(0);
      weights.push_back(node.value);
    }
  }
  Node node{.op_type = "TreeEnsembleRegressor", .domain = "ai.onnx.ml", .name = "trees"};
  node.inputs = {"features"};
  node.outputs = {"prediction"};
  node.attributes = {{.name = "n_targets", .kind = Attribute::Kind::integer, .integer = 1},
                     text("aggregate_function", "SUM"),
                     text("post_transform", "NONE"),
                     reals("base_values", {ensemble.base_score}),
                     integers("nodes_treeids", std::move(tree_ids)),
                     integers("nodes_nodeids", std::move(node_ids)),
                     integers("nodes_featureids", std::move(features)),
                     reals("nodes_values", std::move(values)),
                     reals("nodes_hitrates", std::move(hitrates)),
                     {.name = "nodes_modes", .kind = Attribute::Kind::strings, .strings = std::move(modes)},
                     integers("nodes_truenodeids", std::move(when_true)),
                     integers("nodes_falsenodeids", std::move(when_false)),
                     integers("nodes_missing_value_tracks_true", std::move(missing)),
                     integers("target_treeids", std::move(leaf_trees)),
                     integers("target_nodeids", std::move(leaf_nodes)),
                     integers("target_ids", std::move(targets)),
                     reals("target_weights", std::move(weights))};
  Model model;
  model.ir_version = 8;
  model.opsets = {{"", 15}, {"ai.onnx.ml", 3}};
  model.producer_name = "millrace";
  model.graph_name = "tree_ensemble";
  model.nodes.push_back(std::move(node));
  model.inputs = {{"features", 1, {-1, static_cast<std::int64_t>(ensemble.features)}}};
  model.outputs = {{"prediction", 1, {-1, 1}}};
  return model;
}

}  // namespace millrace::onnx
