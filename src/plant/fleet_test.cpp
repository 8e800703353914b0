#include "plant/fleet.hpp"

#include "plant/config.hpp"
#include "plant/simulator.hpp"

#include <gtest/gtest.h>

namespace millrace::plant {
namespace {

std::vector<cmapss::Engine> two_engines() {
  std::vector<cmapss::Engine> engines(2);
  for (int unit = 0; unit < 2; ++unit) {
    engines[unit].unit = unit + 1;
    for (int number = 1; number <= 5; ++number) engines[unit].cycles.push_back({.number = number});
  }
  return engines;
}

TEST(Fleet, an_engine_that_nobody_advises_about_fails_at_its_last_cycle) {
  Fleet fleet(two_engines());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(fleet.step()[0].work_order, 0);
  EXPECT_EQ(fleet.step()[0].work_order, work_order_failure);
  EXPECT_TRUE(fleet.finished());
  EXPECT_TRUE(fleet.step().empty());
}

TEST(Fleet, advice_is_obeyed_at_the_next_cycle_and_the_life_left_is_known) {
  Fleet fleet(two_engines());
  fleet.step();
  fleet.advise(1);
  auto steps = fleet.step();
  EXPECT_EQ(steps[1].work_order, work_order_overhaul);
  EXPECT_EQ(steps[1].remaining_life, 3);
  EXPECT_EQ(fleet.engines()[1].state, EngineState::overhauled);
  EXPECT_EQ(fleet.engines()[1].wasted, 3);
  EXPECT_EQ(fleet.step().size(), 1u);
}

TEST(Fleet, advice_that_comes_with_the_last_cycle_is_too_late) {
  Fleet fleet(two_engines());
  for (int i = 0; i < 4; ++i) fleet.step();
  fleet.advise(0);
  EXPECT_EQ(fleet.step()[0].work_order, work_order_failure);
}

TEST(Simulator, the_same_seed_gives_the_same_engines_that_wear_out) {
  auto first = simulate_engines(5, 7), again = simulate_engines(5, 7);
  ASSERT_EQ(first.size(), 5u);
  for (std::size_t i = 0; i < first.size(); ++i) {
    ASSERT_EQ(first[i].cycles.size(), again[i].cycles.size());
    EXPECT_EQ(first[i].cycles.back().values, again[i].cycles.back().values);
    EXPECT_GE(first[i].cycles.size(), 128u);
    EXPECT_GT(first[i].cycles.back().values[6], first[i].cycles.front().values[6] + 10) << "T50 rises with wear";
  }
}

}  // namespace
}  // namespace millrace::plant
