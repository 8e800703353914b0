#include "decision/setpoint.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace millrace {
namespace {

constexpr TimeUs second = 1'000'000;
constexpr UseCase::Envelope limits{.low = 0, .high = 10, .rate_per_s = 2, .safe = 1};

/// A control whose safe value stands already.
SetpointControl secured(TimeUs now_us) {
  SetpointControl control(limits, 5 * second);
  EXPECT_FALSE(control.decide(8, now_us)) << "nothing is followed yet";
  const auto first = control.poll(now_us);
  EXPECT_TRUE(first && first->value == limits.safe) << "the first thing that goes out is the safe value";
  EXPECT_FALSE(control.written(first->ticket, true, now_us));
  EXPECT_EQ(control.state(), SetpointState::safe);
  return control;
}

TEST(SetpointControl, rests_at_the_safe_value_until_something_is_wished) {
  auto control = secured(0);
  EXPECT_FALSE(control.decide(NAN, second));
  EXPECT_FALSE(control.poll(60 * second));
  EXPECT_EQ(control.state(), SetpointState::safe);
}

TEST(SetpointControl, walks_to_the_wish_at_the_rate) {
  auto control = secured(0);
  auto step = control.decide(8, second);
  ASSERT_TRUE(step);
  EXPECT_EQ(control.state(), SetpointState::driving);
  EXPECT_DOUBLE_EQ(step->value, 3);
  EXPECT_EQ(step->guard, SafetyEnvelope::Guard::rate);
  EXPECT_FALSE(control.poll(2 * second)) << "the step before has not arrived";
  control.written(step->ticket, true, 2 * second);
  step = control.poll(2 * second);
  ASSERT_TRUE(step);
  EXPECT_DOUBLE_EQ(step->value, 5);
}

TEST(SetpointControl, goes_to_the_safe_value_when_nothing_is_wished_or_heard) {
  auto control = secured(0);
  auto out = control.decide(2, second);
  control.written(out->ticket, true, second);
  out = control.decide(NAN, 2 * second);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->value, limits.safe);
  control.written(out->ticket, true, 2 * second);
  out = control.decide(2, 3 * second);
  control.written(out->ticket, true, 3 * second);
  EXPECT_FALSE(control.poll(7 * second));
  out = control.poll(8 * second);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->value, limits.safe);
}

TEST(SetpointControl, after_a_failed_write_the_safe_value_must_stand_before_anything_is_followed) {
  auto control = secured(0);
  auto out = control.decide(3, second);
  out = control.written(out->ticket, false, second);
  ASSERT_TRUE(out);
  EXPECT_EQ(out->value, limits.safe);
  EXPECT_FALSE(control.written(out->ticket, false, 2 * second));
  EXPECT_FALSE(control.decide(3, 2 * second)) << "what stands there is not known";
  EXPECT_FALSE(control.poll(2 * second));
  out = control.poll(3 * second);
  ASSERT_TRUE(out) << "again after a while";
  EXPECT_EQ(out->value, limits.safe);
  control.written(out->ticket, true, 3 * second);
  EXPECT_TRUE(control.decide(3, 4 * second));
}

TEST(SetpointControl, the_outcome_of_an_older_write_says_nothing) {
  auto control = secured(0);
  const auto first = control.decide(2, second);
  const auto second_one = control.decide(3, 2 * second);
  EXPECT_FALSE(control.written(first->ticket, false, 2 * second));
  EXPECT_EQ(control.state(), SetpointState::driving);
  EXPECT_TRUE(control.written(second_one->ticket, false, 2 * second));
}

/// Wishes of every kind, time-outs, lost and failed writes, clocks that run back: a whole life from one seed.
class Life {
 public:
  explicit Life(unsigned seed)
      : random_(seed),
        limits_{.low = -5, .high = 20, .rate_per_s = seed % 2 == 0 ? 3.0 : 0.0, .safe = 2},
        control_(limits_, second),
        last_(limits_.safe) {}

  void step() {
    now_us_ += static_cast<TimeUs>(random_() % 400'000) - 30'000;
    switch (random_() % 4) {
      case 0:
        return look(control_.poll(now_us_));
      case 1:
        if (ticket_ == 0) return;
        confirmed_ = random_() % 5 != 0;
        return look(control_.written(ticket_, confirmed_, now_us_));
      default:
        decided_us_ = now_us_;
        return look(control_.decide(wish(), now_us_));
    }
  }

 private:
  double wish() {
    constexpr double wild[] = {
        NAN, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(), 1e308, -1e308, 0};
    return random_() % 4 == 0 ? wild[random_() % 6] : std::uniform_real_distribution<>(-50, 50)(random_);
  }
  void look(const std::optional<SetpointControl::Output>& output) {
    if (!output) return;
    ASSERT_GE(output->value, limits_.low);
    ASSERT_LE(output->value, limits_.high);
    if (output->value != limits_.safe) {
      ASSERT_EQ(control_.state(), SetpointState::driving) << "only a secured output follows wishes";
      ASSERT_LT(now_us_ - decided_us_, second) << "an old wish";
      const double most = limits_.rate_per_s * static_cast<double>(std::max<TimeUs>(0, now_us_ - newest_us_)) / 1e6;
      if (limits_.rate_per_s > 0) {
        ASSERT_LE(std::abs(output->value - last_), most + 1e-9);
      }
    }
    newest_us_ = ticket_ == 0 ? now_us_ : std::max(newest_us_, now_us_);
    last_ = output->value;
    ticket_ = output->ticket;
  }

  std::mt19937 random_;
  UseCase::Envelope limits_;
  SetpointControl control_;
  TimeUs now_us_ = 0, newest_us_ = 0, decided_us_ = 0;
  double last_;
  std::uint64_t ticket_ = 0;
  bool confirmed_ = false;
};

// Invariant f: a guard violation never reaches an output.
TEST(InvariantF, whatever_is_wished_the_output_keeps_to_range_rate_and_time) {
  for (unsigned seed = 1; seed <= 300; ++seed) {
    Life life(seed);
    for (int i = 0; i < 500; ++i) {
      life.step();
      if (HasFatalFailure()) FAIL() << "seed " << seed << ", step " << i;
    }
  }
}

}  // namespace
}  // namespace millrace
