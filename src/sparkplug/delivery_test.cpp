#include "sparkplug/delivery.hpp"

#include <gtest/gtest.h>

#include <set>

namespace millrace::sparkplug {
namespace {

BatchSet range(std::uint64_t first, std::uint64_t last) {
  BatchSet set;
  set.add(first, last);
  return set;
}

TEST(Delivery, SendsLiveFirstAndGivesTheBacklogItsShare) {
  Delivery delivery({.window = 1000, .backlog_percent = 20});
  delivery.add_backlog(1, 500);
  delivery.add_live(501, 900);
  int backlog = 0;
  for (int i = 0; i < 100; ++i) {
    auto next = delivery.next(0);
    ASSERT_TRUE(next);
    EXPECT_EQ(next->is_historical, next->number <= 500);
    backlog += next->is_historical ? 1 : 0;
  }
  EXPECT_EQ(backlog, 20);
}

TEST(Delivery, WaitsWhenTheWindowIsFull) {
  Delivery delivery({.window = 3});
  delivery.add_live(1, 10);
  for (std::uint64_t expected = 1; expected <= 3; ++expected) EXPECT_EQ(delivery.next(0)->number, expected);
  EXPECT_FALSE(delivery.next(0));
  delivery.on_acknowledged(range(2, 2));
  EXPECT_EQ(delivery.next(0)->number, 4u);
  EXPECT_FALSE(delivery.next(0));
}

TEST(Delivery, WaitsWhenTooManyBytesAreUnderWay) {
  Delivery delivery({.window_bytes = 100, .resend_after_us = 1000});
  delivery.add_live(1, 10);
  for (std::size_t i = 0; i < 2; ++i) delivery.on_sent(*delivery.next(0), 60);
  EXPECT_FALSE(delivery.next(0));
  delivery.on_acknowledged(range(1, 1));
  auto next = delivery.next(0);
  ASSERT_TRUE(next);
  delivery.on_sent(*next, 40);
  EXPECT_FALSE(delivery.next(0));
  EXPECT_TRUE(delivery.next(1000)) << "what is taken back weighs nothing any more";
  delivery.on_disconnected();
  EXPECT_TRUE(delivery.next(1000));
}

TEST(Delivery, SendsAgainWhatIsNotAcknowledgedInTime) {
  Delivery delivery({.window = 10, .resend_after_us = 1000});
  delivery.add_live(1, 2);
  EXPECT_FALSE(delivery.next(0)->is_historical);
  EXPECT_EQ(delivery.next(500)->number, 2u);
  EXPECT_FALSE(delivery.next(999));
  auto again = delivery.next(1000);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->number, 1u);
  EXPECT_TRUE(again->is_historical);
  EXPECT_FALSE(delivery.next(1000));
  delivery.on_acknowledged(range(1, 2));
  EXPECT_FALSE(delivery.next(10'000));
  EXPECT_EQ(delivery.in_flight(), 0u);
}

TEST(Delivery, SendsAgainWhatWasUnderWayWhenTheConnectionBroke) {
  Delivery delivery;
  delivery.add_live(1, 3);
  delivery.next(0);
  delivery.on_disconnected();
  std::set<std::uint64_t> numbers;
  while (auto next = delivery.next(1)) {
    EXPECT_TRUE(next->is_historical);
    numbers.insert(next->number);
  }
  EXPECT_EQ(numbers, (std::set<std::uint64_t>{1, 2, 3}));
}

TEST(Delivery, ForgetsWhatIsAcknowledgedWhereverItIs) {
  Delivery delivery({.window = 1});
  delivery.add_backlog(1, 10);
  delivery.add_live(11, 20);
  delivery.next(0);
  delivery.on_acknowledged(range(1, 20));
  EXPECT_EQ(delivery.waiting(), 0u);
  EXPECT_EQ(delivery.in_flight(), 0u);
  EXPECT_FALSE(delivery.next(0));
}

TEST(Delivery, TakesBackWhatCouldNotBeSent) {
  Delivery delivery;
  delivery.add_live(1, 2);
  auto next = delivery.next(0);
  delivery.put_back(*next);
  auto again = delivery.next(1);
  EXPECT_EQ(again->number, 1u);
  EXPECT_FALSE(again->is_historical);
}

TEST(Delivery, OldLiveDataBecomesBacklog) {
  Delivery delivery({.live_limit = 5});
  delivery.add_live(1, 20);
  EXPECT_EQ(delivery.backlog(), range(1, 15));
  EXPECT_EQ(delivery.next(0)->number, 16u);
}

}  // namespace
}  // namespace millrace::sparkplug
