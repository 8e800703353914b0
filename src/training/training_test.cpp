#include "training/training.hpp"

#include "base/hash.hpp"
#include "features/window.hpp"
#include "inference/engine.hpp"
#include "training/dataset.hpp"
#include "training/testing/synthetic_fleet.hpp"

#include <gtest/gtest.h>
#include <cmath>
#include <nlohmann/json.hpp>

namespace millrace {
namespace {

using testing::MemorySource;

MemorySource fleet(int regimes, std::uint64_t seed = 1) {
  return MemorySource(testing::make_records({.regimes = regimes, .seed = seed}));
}

TrainingRequest request() {
  return {.use_case = testing::fleet_use_case(),
          .use_case_version = "3",
          .model_version = "synthetic-fleet/1",
          .seed = 5,
          .now_us = 1'700'000'000'000'000,
          .code_commit = "abc"};
}

TEST(Training, GivesABundleThatBothEnginesAcceptAndThatSaysWhereItCameFrom) {
  MemorySource source = fleet(1);
  double last = -1;
  const auto bundle = train(request(), source, [&](double fraction, const std::string&) {
    EXPECT_GE(fraction, last);
    last = fraction;
    return true;
  });
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_EQ(last, 1.0);
  EXPECT_TRUE(bundle->gates_passed());
  const auto golden = parse_golden_vectors(bundle->golden_json);
  ASSERT_TRUE(golden);
  EXPECT_EQ(golden->outputs.size(), 64U);
  for (const auto make : {make_tree_engine, make_onnxruntime_engine}) {
    auto engine = make(bundle->model_onnx);
    ASSERT_TRUE(engine) << engine.error().message;
    EXPECT_TRUE(check_golden_vectors(**engine, *golden));
  }
  const auto definition = parse_feature_definition(bundle->features_json);
  ASSERT_TRUE(definition);
  EXPECT_EQ(definition->used.size(), 2U) << "the signal that never changes is dropped";

  const auto manifest = nlohmann::json::parse(bundle->manifest_json);
  EXPECT_EQ(manifest["model_version"], "synthetic-fleet/1");
  EXPECT_EQ(manifest["code_commit"], "abc");
  EXPECT_EQ(manifest["dataset"]["sha256"], bundle->dataset_sha256);
  EXPECT_EQ(manifest["dataset"]["snapshot"], "1");
  EXPECT_EQ(manifest["split"]["validation"].size(), 6U);
  EXPECT_EQ(manifest["onnx"]["sha256"], sha256_hex(bundle->model_onnx));
  EXPECT_EQ(manifest["onnx"]["operators"][0], "ai.onnx.ml:TreeEnsembleRegressor");
  EXPECT_EQ(manifest["features"]["dropped_constant_signals"][0], "dead");
  EXPECT_EQ(manifest["gates"].size(), 2U);
  EXPECT_LE(manifest["parity"]["onnxruntime"], 1e-5);
  EXPECT_EQ(manifest["parity"]["trees"], 0.0) << "the same bits as the trainer";
  EXPECT_GT(manifest["importance"].size(), 0U);
}

TEST(Training, TheSameRequestGivesTheSameBytes) {
  MemorySource source = fleet(1);
  const auto first = train(request(), source);
  const auto second = train(request(), source);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->model_onnx, second->model_onnx);
  EXPECT_EQ(first->manifest_json, second->manifest_json);
  TrainingRequest other = request();
  other.seed = 6;
  EXPECT_NE(train(other, source)->model_onnx, first->model_onnx);
}

TEST(Training, SixRegimesAreFoundAndLearnedNearlyAsWellAsOne) {
  MemorySource one = fleet(1);
  MemorySource six = fleet(6);
  const auto easy = train(request(), one);
  const auto hard = train(request(), six);
  TrainingRequest blind = request();
  blind.use_case.features.regimes.clusters = 1;
  const auto unaware = train(blind, six);
  ASSERT_TRUE(easy && hard && unaware);
  EXPECT_EQ(parse_feature_definition(easy->features_json)->normalisation.regimes(), 1U);
  EXPECT_EQ(parse_feature_definition(hard->features_json)->normalisation.regimes(), 6U);
  EXPECT_LT(hard->validation.rmse, 1.3 * easy->validation.rmse);
  EXPECT_GT(unaware->validation.rmse, 1.3 * hard->validation.rmse) << "without regimes the shifts hide the wear";
}

TEST(Training, AGateThatIsMissedIsToldAndNoError) {
  MemorySource source = fleet(1);
  TrainingRequest strict = request();
  strict.use_case.model.gates = {{"rmse", {CompareOperator::less_equal, 0.001, ""}},
                                 {"beauty", {CompareOperator::less_equal, 1, ""}}};
  const auto bundle = train(strict, source);
  ASSERT_TRUE(bundle) << bundle.error().message;
  EXPECT_FALSE(bundle->gates_passed());
  EXPECT_FALSE(bundle->gates[0].passed);
  EXPECT_FALSE(bundle->gates[1].passed) << "what cannot be measured has not been passed";
}

TEST(Training, SaysWhatIsMissingWhenNothingFailedYet) {
  MemorySource source = fleet(1);
  for (auto& record : source.records) record.ends.clear();
  const auto bundle = train(request(), source);
  ASSERT_FALSE(bundle);
  EXPECT_EQ(bundle.error().code, ErrorCode::invalid_argument);
  EXPECT_NE(bundle.error().message.find("maintenance log"), std::string::npos);
  MemorySource empty({});
  EXPECT_EQ(train(request(), empty).error().code, ErrorCode::invalid_argument);
}

TEST(Training, RunsNoCommandUnlessThatIsAllowed) {
  MemorySource source = fleet(1);
  TrainingRequest own = request();
  own.use_case.model.trainer.kind = "command";
  own.use_case.model.trainer.command = "echo my own trainer; exit 4";
  const auto refused = train(own, source);
  EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
  EXPECT_NE(refused.error().message.find("allow_command"), std::string::npos) << "names the key";
  own.allow_command = true;
  EXPECT_EQ(train(own, source).error().message, "the training command ended with exit code 4: my own trainer");
}

TEST(Training, StopsWhenAsked) {
  MemorySource source = fleet(1);
  const auto bundle = train(request(), source, [](double fraction, const std::string&) { return fraction < 0.5; });
  EXPECT_EQ(bundle.error().code, ErrorCode::unavailable);
}

/// Invariant b): training's rows are what the edge computes from the same samples, bit for bit.
TEST(Training, DatasetRowsAreTheEdgesFeatures) {
  MemorySource source = fleet(1);
  const FeatureDefinition definition = *compile_features(testing::fleet_use_case());
  const History history = *read_history(definition.layout, source);
  const std::vector<std::size_t> assets = {0};
  const Dataset dataset = make_dataset(history, definition, assets, {"work_order.failure", 60, 0});
  AssetWindow window(std::make_shared<const FeatureDefinition>(definition));
  Aligner aligner(definition.layout.size(), 1'000'000);
  std::size_t rows = 0;
  std::vector<float> features(definition.size());
  for (const auto& point : source.records[0].points) {
    aligner.push(point.column, point.source_time_us, point.status, point.value, point.source_time_us,
                 [&](const Row& row) {
                   window.push(row);
                   window.compute(features);
                   const auto expected = dataset.table.row(rows++);
                   ASSERT_TRUE(std::equal(features.begin(), features.end(), expected.begin())) << "row " << rows;
                 });
  }
  EXPECT_EQ(rows, dataset.table.size());
}

}  // namespace
}  // namespace millrace
