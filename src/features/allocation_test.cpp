// Counts heap allocations: a decision must not need one (see docs/architecture on the edge's latency).
#include "base/testing/allocations.hpp"
#include "features/window.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Allocation, aligning_windowing_and_features_need_none) {
  FeatureDefinition definition{.use_case = "u", .layout = {{"a", "b", "load", "cycle"}, 2, 1, true}, .window = 20};
  for (const char* name : {"last", "mean", "std", "slope", "trend_end", "mean_5", "delta_first_10"}) {
    definition.each.push_back(*parse_statistic(name));
  }
  definition.used = {0, 1};
  definition.age = true;
  definition.normalisation = {{50}, {30}, {{-1}, {1}}, {{1, 2}, {4, 5}}, {{2, 2}, {3, 3}}};
  AssetWindow window(std::make_shared<const FeatureDefinition>(definition));
  Aligner aligner(4, 1000);
  std::vector<float> features(definition.size());
  const std::size_t before = testing::allocations();
  for (TimeUs time_us = 1; time_us <= 500; ++time_us) {
    for (std::size_t column = 0; column < 4; ++column) {
      const TimeUs source_us = time_us % 17 == 0 ? time_us - 1 : time_us;  // late ones as well
      aligner.push(column, source_us, status::good, static_cast<double>(time_us % 13), 0, [&](const Row& row) {
        window.push(row);
        window.compute(features);
      });
    }
  }
  EXPECT_EQ(testing::allocations() - before, 0u);
}

}  // namespace
}  // namespace millrace
