#include "onnx/model.hpp"
#include "onnx/tree_ensemble.hpp"

#include <gtest/gtest.h>

namespace millrace::onnx {
namespace {

TreeEnsemble small_ensemble() {
  TreeEnsemble ensemble{.features = 3, .base_score = 0.25F};
  ensemble.trees.push_back({{Branch::less, true, 2, 1.5F, 1, 2}, {.value = -1}, {.value = 4}});
  ensemble.trees.push_back({{.value = 0.5F}});
  return ensemble;
}

TEST(OnnxModel, ATreeEnsembleSurvivesTheRoundTrip) {
  const std::string bytes = to_bytes(to_model(small_ensemble()));
  const auto model = parse_model(bytes);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(to_bytes(*model), bytes);
  EXPECT_EQ(model->operators(), std::vector<std::string>{"ai.onnx.ml:TreeEnsembleRegressor"});
  EXPECT_EQ(model->opsets.at("ai.onnx.ml"), 3);
  const auto ensemble = read_tree_ensemble(*model);
  ASSERT_TRUE(ensemble) << ensemble.error().message;
  EXPECT_EQ(ensemble->features, 3U);
  EXPECT_EQ(ensemble->base_score, 0.25F);
  ASSERT_EQ(ensemble->trees.size(), 2U);
  const TreeNode& root = ensemble->trees[0][0];
  EXPECT_EQ(root.branch, Branch::less);
  EXPECT_TRUE(root.missing_is_true);
  EXPECT_EQ(root.feature, 2U);
  EXPECT_EQ(root.value, 1.5F);
  EXPECT_EQ(ensemble->trees[0][root.when_false].value, 4);
}

TEST(OnnxModel, EveryTruncationIsRefusedOrHarmless) {
  const std::string bytes = to_bytes(to_model(small_ensemble()));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    const auto model = parse_model(std::string_view(bytes).substr(0, length));
    if (model) static_cast<void>(read_tree_ensemble(*model).has_value());
  }
}

TEST(OnnxModel, EveryFlippedByteIsRefusedOrHarmless) {
  const std::string bytes = to_bytes(to_model(small_ensemble()));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ flip);
      const auto model = parse_model(damaged);
      if (model) static_cast<void>(read_tree_ensemble(*model).has_value());
    }
  }
}

TEST(OnnxModel, RefusesWhatIsNotATreeEnsemble) {
  EXPECT_EQ(parse_model("hello").error().code, ErrorCode::corrupt);
  Model model = to_model(small_ensemble());
  model.nodes[0].op_type = "LinearRegressor";
  EXPECT_EQ(read_tree_ensemble(model).error().code, ErrorCode::failed_precondition);
}

TEST(OnnxModel, RefusesLoopsAndFeaturesBeyondTheInput) {
  TreeEnsemble loop = small_ensemble();
  loop.trees[0][0].when_true = 0;
  EXPECT_EQ(read_tree_ensemble(to_model(loop)).error().code, ErrorCode::corrupt);
  TreeEnsemble beyond = small_ensemble();
  beyond.trees[0][0].feature = 3;
  EXPECT_EQ(read_tree_ensemble(to_model(beyond)).error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace millrace::onnx
