#include "signal/quality_counts.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr TimeUs day = 86'400'000'000;

TEST(QualityCounts, come_back_as_they_were_written) {
  const std::vector<QualityCount> counts{{20'000 * day, "T24", QualityCheck::stuck, 3},
                                         {20'001 * day, "a \"name\"", QualityCheck::clock_skew, 1}};
  EXPECT_EQ(parse_quality_counts(quality_counts_json(counts)).value(), counts);
  EXPECT_EQ(quality_counts_json({}), "[]");
}

TEST(QualityCounts, nonsense_is_refused_and_a_kind_of_the_future_passed_over) {
  for (const auto* text : {"", "{}", "[1]", R"([{"day":"x","signal":"a","kind":"stuck","n":1}])",
                           R"([{"day":"2026-01-01","signal":"","kind":"stuck","n":1}])",
                           R"([{"day":"2026-01-01","signal":"a","kind":"stuck","n":-1}])"}) {
    EXPECT_FALSE(parse_quality_counts(text)) << text;
  }
  EXPECT_TRUE(parse_quality_counts(R"([{"day":"2026-01-01","signal":"a","kind":"rust","n":1}])")->empty());
}

TEST(QualityCounts, a_day_begins_at_midnight) {
  EXPECT_EQ(day_of(0), 0);
  EXPECT_EQ(day_of(day - 1), 0);
  EXPECT_EQ(day_of(day), day);
  EXPECT_EQ(day_of(-1), -day);
}

}  // namespace
}  // namespace millrace
