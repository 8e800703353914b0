#include "usecase/expression.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Expression, comparisons) {
  const auto at_most = parse_comparison("<= 15");
  ASSERT_TRUE(at_most);
  EXPECT_TRUE(at_most->holds(15));
  EXPECT_FALSE(at_most->holds(15.1));
  EXPECT_DOUBLE_EQ(parse_comparison("<= 5 %")->value, 0.05);
  EXPECT_DOUBLE_EQ(parse_comparison("> 5 ms")->value, 5000);
  EXPECT_EQ(parse_comparison("> 5 ms")->unit, "us");
  EXPECT_DOUBLE_EQ(parse_comparison(">=-1e-5")->value, -1e-5);
  for (const char* wrong : {"", "15", "< ", "=> 3", "< x", "< 3 %%", "< nan", "< inf"}) {
    EXPECT_FALSE(parse_comparison(wrong)) << wrong;
  }
}

TEST(Expression, conditions) {
  const auto condition = parse_condition("rul < 20");
  ASSERT_TRUE(condition);
  EXPECT_EQ(condition->name, "rul");
  EXPECT_EQ(to_string(*condition), "rul < 20");
  for (const char* wrong : {"rul", "< 20", "rul 20", "2x < 3", "a b < 3"})
    EXPECT_FALSE(parse_condition(wrong)) << wrong;
}

TEST(Expression, targets) {
  EXPECT_DOUBLE_EQ(parse_target("-20 %")->absolute(5), 4);
  EXPECT_DOUBLE_EQ(parse_target("+10%")->absolute(50), 55);
  EXPECT_DOUBLE_EQ(parse_target("3.5")->absolute(5), 3.5);
  EXPECT_FALSE(parse_target("less"));
}

TEST(Expression, durations) {
  EXPECT_EQ(*parse_time_span_us("10 s"), 10'000'000);
  EXPECT_EQ(*parse_time_span_us("1.5min"), 90'000'000);
  EXPECT_EQ(*parse_time_span_us("30 d"), 30ll * 86400 * 1'000'000);
  const auto wrong = parse_time_span_us("5 secs");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().message,
            "\"5 secs\" is no duration: write a number and us, ms, s, min, h, d or w, e.g. \"10 s\"");
  for (const char* text : {"-1 s", "s", "1e300 d", "10"}) EXPECT_FALSE(parse_time_span_us(text)) << text;
}

TEST(Expression, shares_and_counts) {
  EXPECT_DOUBLE_EQ(*parse_fraction("5 %"), 0.05);
  EXPECT_DOUBLE_EQ(*parse_fraction("0.25"), 0.25);
  EXPECT_FALSE(parse_fraction("120 %"));
  EXPECT_EQ(parse_quantity("200 labels")->unit, "labels");
  EXPECT_FALSE(parse_quantity("many labels"));
}

}  // namespace
}  // namespace millrace
