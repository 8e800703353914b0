// What every engine must do, run on each: the edge may use either, and nobody may see the difference.
#include "inference/engine.hpp"
#include "onnx/synthetic.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <functional>
#include <limits>

namespace millrace {
namespace {

using Maker = std::function<Result<std::unique_ptr<Engine>>(std::string_view)>;
struct Named {
  std::string name;
  Maker make;
};
void PrintTo(const Named& engine, std::ostream* out) { *out << engine.name; }

class EngineContract : public ::testing::TestWithParam<Named> {
 protected:
  static std::unique_ptr<Engine> make(const onnx::TreeEnsemble& ensemble) {
    auto engine = GetParam().make(onnx::to_bytes(onnx::to_model(ensemble)));
    EXPECT_TRUE(engine) << engine.error().message;
    return engine ? std::move(*engine) : nullptr;
  }
};

/// The definition, walked node by node; the sum in float32 from the base score on.
float expected(const onnx::TreeEnsemble& ensemble, const float* row) {
  float sum = ensemble.base_score;
  for (const auto& tree : ensemble.trees) {
    std::uint32_t at = 0;
    while (tree[at].branch != onnx::Branch::leaf) {
      const auto& node = tree[at];
      const float x = row[node.feature];
      bool is_true = node.missing_is_true;
      if (!std::isnan(x)) {
        switch (node.branch) {
          case onnx::Branch::less:
            is_true = x < node.value;
            break;
          case onnx::Branch::less_or_equal:
            is_true = x <= node.value;
            break;
          case onnx::Branch::greater:
            is_true = x > node.value;
            break;
          default:
            is_true = x >= node.value;
            break;
        }
      }
      at = is_true ? node.when_true : node.when_false;
    }
    sum += tree[at].value;
  }
  return sum;
}

/// Random rows; every eighth number is missing and every seventh lies exactly on a threshold.
std::vector<float> make_rows(const onnx::TreeEnsemble& ensemble, std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<float> rows(count * ensemble.features);
  for (auto& value : rows) value = static_cast<float>(random() >> 40U) / 16777216.0F;
  for (std::size_t k = 0; k < rows.size(); k += 8) rows[k] = std::numeric_limits<float>::quiet_NaN();
  for (const auto& tree : ensemble.trees) {
    if (tree[0].branch != onnx::Branch::leaf)
      rows[(random() % count) * ensemble.features + tree[0].feature] = tree[0].value;
  }
  return rows;
}

TEST_P(EngineContract, FollowsEveryKindOfBranchAndSendsMissingValuesWhereTheTrainerDid) {
  for (const auto branch :
       {onnx::Branch::less, onnx::Branch::less_or_equal, onnx::Branch::greater, onnx::Branch::greater_or_equal}) {
    const auto ensemble =
        onnx::make_synthetic({.features = 11, .trees = 37, .leaves = 19, .seed = 5, .branch = branch});
    const auto engine = make(ensemble);
    ASSERT_TRUE(engine);
    const auto rows = make_rows(ensemble, 200, 9);
    std::vector<float> outputs(200);
    ASSERT_TRUE(engine->run(rows, outputs));
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      ASSERT_NEAR(outputs[k], expected(ensemble, rows.data() + k * 11), 2e-6) << "row " << k;
    }
  }
}

TEST_P(EngineContract, OneRowAndManyRowsGiveTheSameBits) {
  const auto ensemble = onnx::make_synthetic({.features = 7, .trees = 50, .depth = 5, .seed = 3});
  const auto engine = make(ensemble);
  ASSERT_TRUE(engine);
  const auto rows = make_rows(ensemble, 130, 4);
  std::vector<float> together(130);
  ASSERT_TRUE(engine->run(rows, together));
  for (std::size_t k = 0; k < together.size(); ++k) {
    float alone = 0;
    ASSERT_TRUE(engine->run(std::span(rows).subspan(k * 7, 7), std::span(&alone, 1)));
    ASSERT_EQ(alone, together[k]) << "row " << k;
  }
}

TEST_P(EngineContract, TellsItsShapeAndRefusesWrongOnes) {
  const auto engine = make(onnx::make_synthetic({.features = 5, .trees = 1, .leaves = 2}));
  ASSERT_TRUE(engine);
  EXPECT_EQ(engine->features(), 5U);
  EXPECT_EQ(engine->outputs(), 1U);
  EXPECT_EQ(engine->name(), GetParam().name);
  std::vector<float> rows(9);
  std::vector<float> outputs(2);
  EXPECT_EQ(engine->run(rows, outputs).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(engine->run({}, {}));
}

TEST_P(EngineContract, RefusesBytesThatAreNoModel) {
  EXPECT_FALSE(GetParam().make("not a model"));
  EXPECT_FALSE(GetParam().make(""));
  const std::string bytes = onnx::to_bytes(onnx::to_model(onnx::make_synthetic({.trees = 3})));
  EXPECT_FALSE(GetParam().make(std::string_view(bytes).substr(0, bytes.size() / 2)));
}

TEST_P(EngineContract, PassesGoldenVectorsOfTheDefinition) {
  const auto ensemble = onnx::make_synthetic({.features = 6, .trees = 300, .depth = 6, .seed = 8});
  const auto engine = make(ensemble);
  ASSERT_TRUE(engine);
  GoldenVectors golden{.features = 6, .inputs = make_rows(ensemble, 64, 2)};
  for (std::size_t k = 0; k < 64; ++k) golden.outputs.push_back(expected(ensemble, golden.inputs.data() + 6 * k));
  const auto checked = check_golden_vectors(*engine, golden);
  EXPECT_TRUE(checked) << checked.error().message;
  golden.outputs[40] += 0.01F;
  EXPECT_FALSE(check_golden_vectors(*engine, golden));
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineContract,
                         ::testing::Values(Named{"onnxruntime", make_onnxruntime_engine},
                                           Named{"trees", make_tree_engine}),
                         [](const auto& engine) { return engine.param.name; });

}  // namespace
}  // namespace millrace
