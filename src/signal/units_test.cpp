#include "signal/units.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace millrace {
namespace {

double converted(double value, std::string_view from, std::string_view to) {
  const auto source = find_unit(from), target = find_unit(to);
  if (!source || !target) return NAN;
  const auto result = convert(value, **source, **target);
  return result ? *result : NAN;
}

TEST(Units, converts_within_a_dimension) {
  EXPECT_NEAR(converted(100, "degC", "degF"), 212, 1e-9);
  EXPECT_NEAR(converted(518.67, "degR", "degF"), 59, 1e-9);
  EXPECT_NEAR(converted(14.695948775513, "psia", "bar"), 1.01325, 1e-9);
  EXPECT_NEAR(converted(1, "kWh", "MJ"), 3.6, 1e-12);
  EXPECT_NEAR(converted(60, "rpm", "rps"), 1, 1e-12);
  EXPECT_NEAR(converted(5, "%", "1"), 0.05, 1e-12);
  EXPECT_NEAR(converted(20, "°C", "CEL"), 20, 1e-12);
}

TEST(Units, refuses_across_dimensions) {
  const auto result = convert(1, **find_unit("bar"), **find_unit("degC"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "bar (pressure) cannot become degC (temperature)");
}

TEST(Units, unknown_unit_names_the_nearest) {
  const auto unit = find_unit("degc");
  ASSERT_FALSE(unit);
  EXPECT_EQ(unit.error().message, "unit \"degc\" is not known; did you mean \"degC\"?");
}

TEST(Units, table_is_consistent) {
  std::set<std::string_view> symbols, codes;
  for (const Unit& unit : all_units()) {
    EXPECT_TRUE(symbols.insert(unit.symbol).second) << unit.symbol;
    EXPECT_TRUE(codes.insert(unit.code).second) << unit.code;
    EXPECT_GT(unit.factor, 0) << unit.symbol;
    EXPECT_EQ(*find_unit(unit.symbol), &unit);
    for (const Unit& other : all_units()) {
      if (other.dimension != unit.dimension) continue;
      const double there = *convert(3.5, unit, other);
      EXPECT_NEAR(*convert(there, other, unit), 3.5, 1e-6) << unit.symbol << " " << other.symbol;
    }
  }
  EXPECT_GE(all_units().size(), 150u);
}

}  // namespace
}  // namespace millrace
