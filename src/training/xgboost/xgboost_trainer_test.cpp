#include "inference/engine.hpp"
#include "training/trainer.hpp"
#include "training/xgboost/model_json.hpp"

#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace millrace {
namespace {

/// y = 30 a + 20 [b > 0.5] - 10 c, with every tenth value missing.
TrainingTable make_table(std::size_t rows, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto uniform = [&] { return static_cast<float>(random() >> 40U) / 16777216.0F; };
  TrainingTable table{.features = 4};
  for (std::size_t k = 0; k < rows; ++k) {
    const float a = uniform(), b = uniform(), c = uniform(), d = uniform();
    table.labels.push_back(30 * a + (b > 0.5F ? 20.0F : 0.0F) - 10 * c);
    for (const float value : {a, b, c, d}) {
      table.rows.push_back(random() % 10 == 0 ? std::numeric_limits<float>::quiet_NaN() : value);
    }
  }
  return table;
}

TEST(XgboostTrainer, TheExportedModelGivesTheTrainersPredictionsOnBothEngines) {
  const TrainingTable table = make_table(3000, 1);
  const auto trainer = make_xgboost_trainer({.rounds = 80});
  const auto model = trainer->train(table, {}, 7, {});
  ASSERT_TRUE(model) << model.error().message;
  const auto bytes = (*model)->to_onnx();
  ASSERT_TRUE(bytes) << bytes.error().message;
  const TrainingTable unseen = make_table(500, 2);
  const auto expected = (*model)->predict(unseen.rows, 4);
  ASSERT_TRUE(expected);
  ASSERT_EQ(expected->size(), 500U);

  auto trees = make_tree_engine(*bytes);
  ASSERT_TRUE(trees) << trees.error().message;
  std::vector<float> outputs(500);
  ASSERT_TRUE((*trees)->run(unseen.rows, outputs));
  EXPECT_EQ(outputs, *expected) << "the tree engine adds in the trainer's order: the same bits";

  auto onnxruntime = make_onnxruntime_engine(*bytes);
  ASSERT_TRUE(onnxruntime) << onnxruntime.error().message;
  ASSERT_TRUE((*onnxruntime)->run(unseen.rows, outputs));
  EXPECT_EQ(outputs, *expected);
}

TEST(XgboostTrainer, TheSameSeedGivesTheSameBytesAndAnotherOneOthers) {
  const TrainingTable table = make_table(2000, 3);
  const auto trainer = make_xgboost_trainer({.rounds = 30});
  const auto bytes = [&](std::uint64_t seed) { return (*trainer->train(table, {}, seed, {}))->to_onnx().value(); };
  EXPECT_EQ(bytes(1), bytes(1));
  EXPECT_NE(bytes(1), bytes(2));
}

TEST(XgboostTrainer, LearnsAndSaysWhichFeaturesMatter) {
  const auto trainer = make_xgboost_trainer({.rounds = 200, .learning_rate = 0.1});
  const auto model = trainer->train(make_table(4000, 4), {}, 1, {});
  ASSERT_TRUE(model);
  const auto importance = (*model)->importance(4);
  ASSERT_TRUE(importance);
  EXPECT_GT((*importance)[0], (*importance)[2]);
  EXPECT_LT((*importance)[3], 0.05) << "the fourth feature means nothing";
}

TEST(XgboostTrainer, StopsEarlyAndStopsWhenAsked) {
  const TrainingTable table = make_table(500, 5);
  const auto early = make_xgboost_trainer(
      {.rounds = 2000, .learning_rate = 0.5, .minimum_child_weight = 1, .early_stopping_rounds = 5});
  std::string last;
  const auto model = early->train(table, make_table(200, 6), 1, [&](double, const std::string& message) {
    last = message;
    return true;
  });
  ASSERT_TRUE(model);
  EXPECT_EQ(last.find("round 2000"), std::string::npos) << last;
  const auto stopped = early->train(table, {}, 1, [](double, const std::string&) { return false; });
  EXPECT_EQ(stopped.error().code, ErrorCode::unavailable);
}

TEST(XgboostTrainer, RefusesNothingAndNonsense) {
  EXPECT_EQ(make_xgboost_trainer({})->train({.features = 3}, {}, 1, {}).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(read_xgboost_model("{}").error().code, ErrorCode::corrupt);
  EXPECT_EQ(read_xgboost_model("").error().code, ErrorCode::corrupt);
}

}  // namespace
}  // namespace millrace
