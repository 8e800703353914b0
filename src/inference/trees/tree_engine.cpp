#include "inference/engine.hpp"
#include "onnx/model.hpp"
#include "onnx/tree_ensemble.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <new>

namespace millrace {
namespace {

/// Eight bytes, so that eight nodes share a cache line. A step is `node += jump + (row[slot] < threshold)`: no branch,
/// so the processor cannot guess wrong (a mispredicted branch per level is what makes single rows slow in other
/// engines). A leaf reads the slot that always holds NaN: the comparison is false, it jumps by 0, and `threshold` is
/// its weight.
struct FlatNode {
  float threshold = 0;
  std::uint16_t slot = 0;  ///< feature f: f holds x, features + f holds -x
  std::uint16_t jump = 0;  ///< from this node to the child for false; that for true is the next one
};
static_assert(sizeof(FlatNode) == 8);

constexpr std::size_t cache_line = 64;
constexpr std::size_t group_size = 16;  ///< trees walked at once: their loads overlap (measured: 8 is a fifth slower)
constexpr std::size_t max_nodes = std::numeric_limits<std::uint16_t>::max();

struct FlatTree {
  std::uint32_t root = 0;
  std::uint32_t depth = 0;
};

constexpr float infinity = std::numeric_limits<float>::infinity();
float next_up(float value) { return std::nextafter(value, infinity); }
float next_down(float value) { return std::nextafter(value, -infinity); }

/// Brings any comparison, with either direction for NaN, into the one form `row[slot] < threshold` that is false for
/// NaN:
///   x <= t  is  x < next_up(t);   x > t  is  -x < -t;   not (x < t)  is  -x < -next_down(t) for every x but NaN.
struct Canonical {
  float threshold;
  bool negated;
  std::uint32_t when_true;
  std::uint32_t when_false;
};

Canonical canonical(const onnx::TreeNode& node) {
  using onnx::Branch;
  bool less = node.branch == Branch::less || node.branch == Branch::less_or_equal;  // else greater
  bool strict = node.branch == Branch::less || node.branch == Branch::greater;
  std::uint32_t when_true = node.when_true;
  std::uint32_t when_false = node.when_false;
  if (node.missing_is_true) {  // ask the opposite question, so that NaN answers "false" and still goes where it must
    less = !less;
    strict = !strict;
    std::swap(when_true, when_false);
  }
  if (less) return {strict ? node.value : next_up(node.value), false, when_true, when_false};
  return {strict ? -node.value : -next_down(node.value), true, when_true, when_false};
}

/// Nodes start at a cache line, or the layout below would be for nothing.
template <typename T>
struct LineAllocator {
  using value_type = T;
  T* allocate(std::size_t count) {
    return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t(cache_line)));
  }
  void deallocate(T* memory, std::size_t /*count*/) { ::operator delete(memory, std::align_val_t(cache_line)); }
  bool operator==(const LineAllocator&) const = default;
};

class TreeEngine final : public Engine {
 public:
  static Result<std::unique_ptr<Engine>> make(const onnx::TreeEnsemble& ensemble) {
    auto engine = std::make_unique<TreeEngine>();
    engine->features_ = ensemble.features;
    engine->base_score_ = ensemble.base_score;
    if (2 * ensemble.features + 1 > max_nodes) {
      return fail(ErrorCode::failed_precondition,
                  fmt::format("{} features are too many for the tree engine", ensemble.features));
    }
    for (const auto& tree : ensemble.trees) TRY(engine->append(tree));
    while (engine->trees_.size() % group_size != 0) TRY(engine->append({onnx::TreeNode{.value = 0}}));
    engine->slots_.assign(2 * ensemble.features + 1, std::numeric_limits<float>::quiet_NaN());
    return engine;
  }

  [[nodiscard]] std::size_t features() const override { return features_; }
  [[nodiscard]] std::size_t outputs() const override { return 1; }
  [[nodiscard]] std::string name() const override { return "trees"; }

  Result<void> run(std::span<const float> rows, std::span<float> outputs) override {
    if (rows.size() != outputs.size() * features_) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("{} numbers are not {} rows of {} features", rows.size(), outputs.size(), features_));
    }
    for (std::size_t row = 0; row < outputs.size(); ++row) outputs[row] = predict(rows.data() + row * features_);
    return {};
  }

 private:
  /// Lays a tree out by cache lines: a line holds up to three levels of a subtree, so a walk touches about
  /// half the lines. Siblings lie side by side, the one for false first.
  Result<void> append(const onnx::Tree& tree) {
    constexpr std::size_t line = cache_line / sizeof(FlatNode);
    nodes_.resize((nodes_.size() + line - 1) / line * line);
    const std::size_t root = nodes_.size();
    trees_.push_back({.root = static_cast<std::uint32_t>(root), .depth = depth_of(tree)});
    std::vector<std::size_t> place(tree.size(), 0);  // of each node, relative to the root
    std::deque<std::uint32_t> open;                  // inner nodes whose children have no place yet
    if (tree[0].branch != onnx::Branch::leaf) open.push_back(0);
    std::size_t next = 1;
    while (!open.empty()) {
      const std::size_t limit = (line - (next == 1 ? 1 : 0)) / 2;  // pairs; the first line also holds the root
      std::vector<std::uint32_t> parents = {open.front()};
      open.pop_front();
      for (std::size_t k = 0; k < parents.size(); ++k) {
        const Canonical step = canonical(tree[parents[k]]);
        for (const auto child : {step.when_false, step.when_true}) {
          if (tree[child].branch == onnx::Branch::leaf) continue;
          if (parents.size() < limit) {
            parents.push_back(child);
          } else {
            open.push_back(child);
          }
        }
      }
      if (next % line + 2 * parents.size() > line) next = (next / line + 1) * line;
      for (const auto parent : parents) {
        const Canonical step = canonical(tree[parent]);
        place[step.when_false] = next++;
        place[step.when_true] = next++;
      }
    }
    if (next > max_nodes) {
      return fail(ErrorCode::failed_precondition,
                  fmt::format("a tree of {} nodes is too large for the tree engine", tree.size()));
    }
    nodes_.resize(root + next);
    return fill(tree, place, root);
  }

  static std::uint32_t depth_of(const onnx::Tree& tree) {
    std::uint32_t deepest = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> open = {{0, 0}};
    while (!open.empty()) {
      const auto [node, depth] = open.back();
      open.pop_back();
      deepest = std::max(deepest, depth);
      if (tree[node].branch == onnx::Branch::leaf) continue;
      open.emplace_back(tree[node].when_true, depth + 1);
      open.emplace_back(tree[node].when_false, depth + 1);
    }
    return deepest;
  }

  Result<void> fill(const onnx::Tree& tree, const std::vector<std::size_t>& place, std::size_t root) {
    for (std::size_t k = 0; k < tree.size(); ++k) {
      FlatNode& node = nodes_[root + place[k]];
      if (tree[k].branch == onnx::Branch::leaf) {
        node = {tree[k].value, static_cast<std::uint16_t>(2 * features_), 0};
        continue;
      }
      if (!std::isfinite(tree[k].value))
        return fail(ErrorCode::failed_precondition, "a tree has a threshold that is not finite");
      const Canonical step = canonical(tree[k]);
      const std::size_t slot = tree[k].feature + (step.negated ? features_ : 0);
      node = {step.threshold, static_cast<std::uint16_t>(slot),
              static_cast<std::uint16_t>(place[step.when_false] - place[k])};
    }
    return {};
  }

  /// Sums in float32, base score first and trees in their order, as XGBoost does: the same bits.
  float predict(const float* row) {
    for (std::size_t k = 0; k < features_; ++k) {
      slots_[k] = row[k];
      slots_[features_ + k] = -row[k];
    }
    const float* slots = slots_.data();
    float sum = base_score_;
    for (std::size_t first = 0; first < trees_.size(); first += group_size) {
      const FlatTree* group = trees_.data() + first;
      const FlatNode* at[group_size];  // a plain array: stays in registers
      std::uint32_t depth = 0;
      for (std::size_t k = 0; k < group_size; ++k) {
        at[k] = nodes_.data() + group[k].root;
        depth = std::max(depth, group[k].depth);
      }
      for (; depth > 0; --depth) {
#pragma GCC unroll 16
        for (std::size_t k = 0; k < group_size; ++k) {
          at[k] += at[k]->jump + static_cast<std::uint32_t>(slots[at[k]->slot] < at[k]->threshold);
        }
      }
#pragma GCC unroll 16
      for (std::size_t k = 0; k < group_size; ++k) sum += at[k]->threshold;
    }
    return sum;
  }

  std::size_t features_ = 0;
  float base_score_ = 0;
  std::vector<FlatNode, LineAllocator<FlatNode>> nodes_;
  std::vector<FlatTree> trees_;  ///< a multiple of group_size; the last ones may be single leaves of weight 0
  std::vector<float> slots_;
};

}  // namespace

Result<std::unique_ptr<Engine>> make_tree_engine(std::string_view onnx_bytes) {
  TRY_ASSIGN(const onnx::Model model, onnx::parse_model(onnx_bytes));
  TRY_ASSIGN(const onnx::TreeEnsemble ensemble, onnx::read_tree_ensemble(model));
  return TreeEngine::make(ensemble);
}

}  // namespace millrace
