#include "kpi/lives.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Lives, CountRunningAndEndedCycles) {
  const auto totals = accumulate_lives(
      {{10, "s/a", 5}, {10, "s/b", 7}, {20, "s/a", 9}, {40, "s/a", 2}},
      {{30, "s/a", "overhaul", 12, 16}, {50, "s/b", "failure", 20, std::numeric_limits<double>::quiet_NaN()}});
  ASSERT_EQ(totals.size(), 5u);
  EXPECT_EQ(totals[0].cycles, 12);
  EXPECT_EQ(totals[1].cycles, 16);
  EXPECT_EQ(totals[2].cycles, 19) << "the life ended at 12";
  EXPECT_EQ(totals[2].wasted, 16);
  EXPECT_EQ(totals[3].cycles, 21) << "and a new one began";
  EXPECT_EQ(totals[4].cycles, 34);
  EXPECT_EQ(totals[4].failures, 1);
  EXPECT_EQ(totals[4].overhauls, 1);
  EXPECT_EQ(totals[4].findings, 1);
}

TEST(Lives, ALateReadingBelongsToTheLifeThatEnded) {
  const auto totals = accumulate_lives({{30, "s/a", 12}, {30, "s/a", 12}}, {{30, "s/a", "failure"}});
  ASSERT_EQ(totals.size(), 1u);
  EXPECT_EQ(totals[0].cycles, 12) << "an event without a clock takes the last reading";
  EXPECT_EQ(totals[0].failures, 1);
  EXPECT_TRUE(accumulate_lives({}, {}).empty());
}

}  // namespace
}  // namespace millrace
