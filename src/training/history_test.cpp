#include "training/history.hpp"

#include "training/dataset.hpp"
#include "training/evaluation.hpp"
#include "training/testing/synthetic_fleet.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace millrace {
namespace {

using testing::MemorySource;

constexpr TimeUs minute = 60'000'000;
const RowLayout layout{.columns = {"heat", "age"}, .measured = 1, .context = 0, .clock = true};

/// Rows (minute, age) of one asset.
testing::AssetRecord record(const std::vector<std::pair<int, double>>& rows, std::vector<LifeEnd> ends) {
  testing::AssetRecord asset{.name = "a", .points = {}, .ends = std::move(ends)};
  for (const auto& [at, age] : rows) {
    asset.points.push_back({0, status::good, at * minute, 1.0});
    asset.points.push_back({1, status::good, at * minute, age});
  }
  return asset;
}

TEST(History, WorkOrdersEndLivesAndTheClockGivesTheLabel) {
  MemorySource source({record({{1, 1}, {2, 2}, {3, 3}, {10, 1}, {11, 2}, {20, 1}, {21, 2}},
                              {{3 * minute, "failure", 3}, {12 * minute, "overhaul", 2, 40}})});
  const auto history = read_history(layout, source);
  ASSERT_TRUE(history) << history.error().message;
  ASSERT_EQ(history->rows(), 7U);
  ASSERT_EQ(history->lives.size(), 3U);
  const auto left = [&](std::size_t life, std::size_t row) {
    return remaining_life(*history, history->lives[life], row, "work_order.failure");
  };
  EXPECT_EQ(left(0, 0), 2);
  EXPECT_EQ(left(0, 2), 0);
  EXPECT_EQ(left(1, 3), 41) << "an overhaul that found 40 left";
  EXPECT_TRUE(std::isnan(left(2, 5))) << "this life goes on";
}

/// A failure is told with the time of the last cycle: that cycle belongs to the life, and is learned from.
TEST(History, TheCycleOfTheFailureIsARowWithNothingLeft) {
  MemorySource source({record({{1, 1}, {2, 2}, {3, 3}}, {{3 * minute, "failure", 3}})});
  FeatureDefinition definition;
  definition.layout = layout;
  definition.age = true;
  const auto history = read_history(layout, source);
  ASSERT_TRUE(history);
  const std::vector<std::size_t> assets = {0};
  const auto dataset = make_dataset(*history, definition, assets, {"work_order.failure", 125, 200});
  EXPECT_EQ(dataset.labels_uncapped, (std::vector<float>{2, 1, 0}));
}

TEST(History, AnOverhaulWithoutAFindingTeachesNothing) {
  MemorySource source({record({{1, 1}, {2, 2}}, {{2 * minute, "overhaul", 2}})});
  const auto history = read_history(layout, source);
  ASSERT_TRUE(history);
  EXPECT_TRUE(std::isnan(remaining_life(*history, history->lives[0], 0, "work_order.failure")));
  EXPECT_EQ(remaining_life(*history, history->lives[0], 0, "work_order.overhaul"), 1);
}

TEST(History, TwoOrdersInARowAreOneEndAndAWorkOrderWithoutClockTakesTheLastRows) {
  MemorySource source({record({{1, 5}, {2, 6}, {9, 1}}, {{3 * minute, "failure"}, {4 * minute, "overhaul"}})});
  const auto history = read_history(layout, source);
  ASSERT_TRUE(history);
  ASSERT_EQ(history->lives.size(), 2U);
  EXPECT_EQ(remaining_life(*history, history->lives[0], 0, "work_order.failure"), 1);
  EXPECT_FALSE(history->lives[1].ended);
}

TEST(History, RefusesPointsThatGoBackInTime) {
  MemorySource source({record({{2, 1}, {1, 2}}, {})});
  EXPECT_EQ(read_history(layout, source).error().code, ErrorCode::corrupt);
}

TEST(History, TheDigestChangesWithAnyValueAndWithNothingElse) {
  const auto digest = [](double age) {
    MemorySource source({record({{1, 1}, {2, age}}, {{2 * minute, "failure", 2}})});
    return read_history(layout, source)->sha256();
  };
  EXPECT_EQ(digest(2), digest(2));
  EXPECT_NE(digest(2), digest(2.0000001));
}

TEST(Split, IsByAssetSeededAndLeavesSomethingOnBothSides) {
  const std::vector<std::size_t> assets = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const Split split = split_by_asset(assets, 0.2, 7);
  EXPECT_EQ(split.validation.size(), 2U);
  EXPECT_EQ(split.training.size(), 8U);
  EXPECT_EQ(split_by_asset({9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, 0.2, 7).validation, split.validation)
      << "the order given does not count";
  EXPECT_EQ(split_by_asset({0, 1}, 0.01, 1).validation.size(), 1U);
  EXPECT_EQ(split_by_asset({0, 1}, 0.99, 1).training.size(), 1U);
  EXPECT_TRUE(split_by_asset({0}, 0.5, 1).validation.empty());
  EXPECT_TRUE(split_by_asset(assets, 0, 1).validation.empty());
}

TEST(Evaluation, ComparesWithCutAndUncutLabels) {
  const std::vector<float> predictions = {110, 125, 20};
  const std::vector<float> labels = {100, 145, 30};
  const Metrics metrics = evaluate(predictions, labels, 125);
  EXPECT_NEAR(metrics.rmse, std::sqrt((100.0 + 0 + 100) / 3), 1e-9);
  EXPECT_NEAR(metrics.rmse_uncapped, std::sqrt((100.0 + 400 + 100) / 3), 1e-9);
  EXPECT_NEAR(metrics.bias, 0, 1e-9);
  EXPECT_NEAR(metrics.nasa_score, std::expm1(1.0) + std::expm1(10.0 / 13), 1e-9);
  const auto slices = evaluate_slices(predictions, labels, 125);
  EXPECT_EQ(slices.at("rul<=30").rows, 1U);
  EXPECT_EQ(slices.at("rul>75").rows, 2U);
  EXPECT_EQ(evaluate({}, {}, 125).rows, 0U);
}

}  // namespace
}  // namespace millrace
