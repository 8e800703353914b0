#include "decision/envelope.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace millrace {
namespace {

constexpr TimeUs second = 1'000'000;
using Guard = SafetyEnvelope::Guard;

TEST(SafetyEnvelope, keeps_to_the_range) {
  SafetyEnvelope envelope({.low = 0, .high = 10, .safe = 1}, second);
  EXPECT_EQ(envelope.apply(5, 0).value, 5);
  const auto above = envelope.apply(50, 1);
  EXPECT_EQ(above.value, 10);
  EXPECT_EQ(above.guard, Guard::range);
  EXPECT_EQ(envelope.apply(-3, 2).value, 0);
  EXPECT_EQ(envelope.violations(), 2u);
}

TEST(SafetyEnvelope, keeps_to_the_rate_from_the_safe_value_on) {
  SafetyEnvelope envelope({.low = 0, .high = 10, .rate_per_s = 2, .safe = 1}, 60 * second);
  EXPECT_EQ(envelope.apply(5, 0).value, 1);  // no time has passed since the start
  EXPECT_DOUBLE_EQ(envelope.apply(5, second).value, 3);
  EXPECT_DOUBLE_EQ(envelope.apply(5, second).value, 3);
  EXPECT_DOUBLE_EQ(envelope.apply(0, 2 * second).value, 1);
}

TEST(SafetyEnvelope, no_number_or_no_wish_gives_the_safe_value) {
  SafetyEnvelope envelope({.low = 0, .high = 10, .safe = 1}, second);
  EXPECT_EQ(envelope.poll(0).value, 1);
  envelope.apply(5, 0);
  EXPECT_EQ(envelope.apply(NAN, 1).value, 1);
  envelope.apply(7, 2);
  EXPECT_EQ(envelope.poll(second).value, 7);
  const auto late = envelope.poll(second + 2);
  EXPECT_EQ(late.value, 1);
  EXPECT_EQ(late.guard, Guard::timeout);
}

// Invariant f: a guard violation never reaches an output.
TEST(InvariantF, whatever_is_wished_the_output_keeps_to_range_and_rate) {
  constexpr double wild[] = {
      NAN, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 1e308, -1e308, 0};
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const UseCase::Envelope limits{.low = -5, .high = 20, .rate_per_s = seed % 2 == 0 ? 3.0 : 0.0, .safe = 2};
    SafetyEnvelope envelope(limits, second);
    TimeUs now_us = 0, last_us = 0;
    double last = limits.safe;
    for (int i = 0; i < 500; ++i) {
      now_us += static_cast<TimeUs>(random() % 700'000) - 50'000;  // clocks run back at times
      const bool wish = random() % 3 != 0;
      const double wanted = random() % 4 == 0 ? wild[random() % 6] : std::uniform_real_distribution<>(-50, 50)(random);
      const auto output = wish ? envelope.apply(wanted, now_us) : envelope.poll(now_us);
      ASSERT_GE(output.value, limits.low);
      ASSERT_LE(output.value, limits.high);
      if (limits.rate_per_s > 0 && output.value != limits.safe) {
        const double most = limits.rate_per_s * static_cast<double>(std::max<TimeUs>(0, now_us - last_us)) / 1e6;
        ASSERT_LE(std::abs(output.value - last), most + 1e-9);
      }
      last_us = std::max(last_us, now_us);
      last = output.value;
    }
  }
}

}  // namespace
}  // namespace millrace
