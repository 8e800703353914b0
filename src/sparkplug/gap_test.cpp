#include "sparkplug/gap.hpp"

#include <gtest/gtest.h>

namespace millrace::sparkplug {
namespace {

const SpoolGap six_batches{.number = 20,
                           .first = 3,
                           .last = 9,
                           .points = 21,
                           .reason = "size limit",
                           .numbers = {{3, 5}, {7, 9}},
                           .batch_points = {1, 2, 3, 4, 5, 6}};

TEST(OnlyMissing, CountsWhatDidNotArrive) {
  auto missing = only_missing(six_batches, BatchSet::parse("1-3,8").value());
  EXPECT_EQ(missing.points, 2u + 3u + 4u + 6u);
  EXPECT_EQ(missing.numbers, (std::vector<BatchRange>{{4, 5}, {7, 7}, {9, 9}}));
  EXPECT_EQ(missing.first, 4u);
  EXPECT_EQ(missing.last, 9u);
}

TEST(OnlyMissing, NothingIsMissingWhenAllArrived) {
  EXPECT_EQ(only_missing(six_batches, BatchSet::parse("1-9").value()).points, 0u);
}

TEST(OnlyMissing, AGapWithoutNumbersCountsAsItIs) {
  SpoolGap gap{.number = 1, .points = 7, .reason = "corrupt"};
  EXPECT_EQ(only_missing(gap, {}).points, 7u);
}

}  // namespace
}  // namespace millrace::sparkplug
