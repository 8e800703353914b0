#include "decision/decider.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace millrace {
namespace {

constexpr TimeUs second = 1'000'000;

UseCase::Decision rule() {
  UseCase::Decision rule;
  rule.when = *parse_condition("rul < 20");
  rule.hold = 3;
  rule.timeout.after_us = 5 * second;
  return rule;
}

std::string reason(const Decider& decider) {
  std::string text;
  decider.explain(text);
  return text;
}

TEST(Decider, advises_after_the_condition_held_so_often) {
  Decider decider(rule(), 0.2);
  EXPECT_EQ(decider.decide(19, 1, 1).advice, "none");
  EXPECT_EQ(decider.decide(18, 1, 2).advice, "none");
  EXPECT_EQ(reason(decider), "rul 18.0 < 20, 2 of 3 in a row");
  const auto third = decider.decide(17, 1, 3);
  EXPECT_EQ(third.advice, "overhaul");
  EXPECT_TRUE(third.begins);
  EXPECT_EQ(third.hold, 3u);
  EXPECT_EQ(reason(decider), "rul 17.0 < 20, 3 in a row");
  EXPECT_FALSE(decider.decide(16, 1, 4).begins);
}

TEST(Decider, one_result_above_starts_the_count_anew) {
  Decider decider(rule(), 0.2);
  decider.decide(19, 1, 1);
  decider.decide(19, 1, 2);
  decider.decide(21, 1, 3);
  EXPECT_EQ(reason(decider), "rul 21.0 is not < 20");
  EXPECT_EQ(decider.decide(19, 1, 4).hold, 1u);
}

TEST(Decider, poor_inputs_give_no_advice_and_neither_count_nor_break_the_hold) {
  Decider decider(rule(), 0.2);
  decider.decide(19, 1, 1);
  decider.decide(19, 1, 2);
  EXPECT_EQ(decider.decide(5, 0.7, 3).advice, "no_advice");
  EXPECT_EQ(reason(decider), "only 70 % of the inputs are good, 80 % are needed");
  EXPECT_EQ(decider.decide(NAN, 1, 4).advice, "no_advice");
  EXPECT_EQ(decider.decide(19, 0.8, 5).advice, "overhaul");
}

TEST(Decider, silence_gives_no_advice_once) {
  Decider decider(rule(), 0.2);
  EXPECT_FALSE(decider.timed_out(100 * second));  // nothing ever came: nobody waits
  decider.decide(50, 1, 100 * second);
  EXPECT_FALSE(decider.timed_out(104 * second));
  EXPECT_TRUE(decider.timed_out(105 * second));
  EXPECT_EQ(reason(decider), "no data for 5.0 s");
  EXPECT_FALSE(decider.timed_out(200 * second));
}

TEST(Decider, a_new_life_starts_from_nothing) {
  Decider decider(rule(), 0.2);
  decider.decide(19, 1, 1);
  decider.decide(19, 1, 2);
  decider.reset();
  EXPECT_EQ(decider.decide(19, 1, 3).advice, "none");
}

}  // namespace
}  // namespace millrace
