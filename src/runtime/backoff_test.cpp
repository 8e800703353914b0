#include "runtime/backoff.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(BackoffTest, doubles_up_to_the_maximum_within_jitter_and_starts_again_after_a_success) {
  Backoff backoff(100, 400, 7);
  for (std::int64_t ceiling : {100, 200, 400, 400, 400}) {
    auto delay = backoff.next_us();
    EXPECT_GE(delay, ceiling / 2);
    EXPECT_LE(delay, ceiling);
  }
  backoff.reset();
  EXPECT_LE(backoff.next_us(), 100);
}

TEST(BackoffTest, two_seeds_do_not_move_in_step) {
  Backoff one(1'000'000, 1'000'000, 1), other(1'000'000, 1'000'000, 2);
  EXPECT_NE(one.next_us(), other.next_us());
}

}  // namespace
}  // namespace millrace
