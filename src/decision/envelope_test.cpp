#include "decision/envelope.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace millrace {
namespace {

constexpr TimeUs second = 1'000'000;
using Guard = SafetyEnvelope::Guard;

TEST(SafetyEnvelope, keeps_to_the_range) {
  SafetyEnvelope envelope({.low = 0, .high = 10, .safe = 1});
  EXPECT_EQ(envelope.limit(5, 0).value, 5);
  const auto above = envelope.limit(50, 1);
  EXPECT_EQ(above.value, 10);
  EXPECT_EQ(above.guard, Guard::range);
  EXPECT_EQ(envelope.limit(-3, 2).value, 0);
  EXPECT_EQ(envelope.violations(), 2u);
}

TEST(SafetyEnvelope, keeps_to_the_rate_from_the_safe_value_on) {
  SafetyEnvelope envelope({.low = 0, .high = 10, .rate_per_s = 2, .safe = 1});
  EXPECT_EQ(envelope.limit(5, 0).value, 1);  // no time has passed since the start
  EXPECT_DOUBLE_EQ(envelope.limit(5, second).value, 3);
  EXPECT_DOUBLE_EQ(envelope.limit(5, second).value, 3);
  EXPECT_DOUBLE_EQ(envelope.limit(0, 2 * second).value, 1);
  envelope.hold(60 * second);
  EXPECT_DOUBLE_EQ(envelope.limit(10, 61 * second).value, 3) << "a minute of rest is no leave to leap";
}

TEST(SafetyEnvelope, no_number_gives_the_safe_value) {
  SafetyEnvelope envelope({.low = 0, .high = 10, .safe = 1});
  envelope.limit(5, 0);
  EXPECT_EQ(envelope.limit(NAN, 1).value, 1);
  envelope.limit(7, 2);
  EXPECT_EQ(envelope.safe(3).value, 1);
}

}  // namespace
}  // namespace millrace
