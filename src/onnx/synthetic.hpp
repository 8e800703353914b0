#pragma once

#include "onnx/tree_ensemble.hpp"

#include <cstdint>
#include <deque>
#include <random>
#include <utility>

namespace millrace::onnx {

struct SyntheticTrees {
  std::size_t features = 32;
  std::size_t trees = 100;
  std::size_t leaves = 31;  ///< grown at random leaves; with `depth` > 0 every tree is full to that depth instead
  std::size_t depth = 0;
  std::uint64_t seed = 1;
  Branch branch = Branch::less;
};

/// Seeded random trees over features in [0, 1): what tests and benchmarks run where a trained model would be too slow
/// to make.
inline TreeEnsemble make_synthetic(const SyntheticTrees& wish) {
  std::mt19937_64 random(wish.seed);
  const auto uniform = [&] { return static_cast<float>(static_cast<double>(random() >> 40U) / 16777216.0); };
  TreeEnsemble ensemble{.features = wish.features, .base_score = 0.5F};
  const std::size_t leaves = wish.depth > 0 ? std::size_t{1} << wish.depth : wish.leaves;
  for (std::size_t t = 0; t < wish.trees; ++t) {
    Tree tree(1);
    std::deque<std::uint32_t> open = {0};
    while (open.size() < leaves) {
      if (wish.depth == 0) std::swap(open.front(), open[random() % open.size()]);
      const std::uint32_t at = open.front();
      open.pop_front();
      const auto next = static_cast<std::uint32_t>(tree.size());
      tree[at] = {
          wish.branch, (random() & 1U) != 0, static_cast<std::uint32_t>(random() % wish.features), uniform(), next,
          next + 1};
      tree.resize(tree.size() + 2);
      open.push_back(next);
      open.push_back(next + 1);
    }
    for (const auto leaf : open) tree[leaf] = {.value = uniform() - 0.5F};
    ensemble.trees.push_back(std::move(tree));
  }
  return ensemble;
}

}  // namespace millrace::onnx
