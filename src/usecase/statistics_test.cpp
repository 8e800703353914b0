#include "usecase/statistics.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Statistics, names_round_trip) {
  for (const char* name :
       {"last", "mean", "std", "slope", "trend_end", "min", "max", "range", "mean_5", "std_12", "delta_first_10"}) {
    const auto spec = parse_statistic(name);
    ASSERT_TRUE(spec) << name;
    EXPECT_EQ(to_string(*spec), name);
  }
  EXPECT_EQ(parse_statistic("delta_first", 7)->rows, 7u);
}

TEST(Statistics, an_unknown_name_gets_a_remedy) {
  const auto spec = parse_statistic("slop");
  ASSERT_FALSE(spec);
  EXPECT_NE(spec.error().message.find("did you mean \"slope\"?"), std::string::npos);
  for (const char* wrong : {"mean_", "mean_0", "mean_5x", "mean_99999999999", ""})
    EXPECT_FALSE(parse_statistic(wrong)) << wrong;
}

}  // namespace
}  // namespace millrace
