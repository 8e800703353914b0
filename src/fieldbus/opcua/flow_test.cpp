#include "fieldbus/opcua/flow.hpp"

#include <gmock/gmock.h>
#include <random>
#include <tuple>

namespace millrace::opcua {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Sample at(TimeUs time) { return {.source_time_us = time, .value = static_cast<double>(time)}; }

struct Taken {
  std::vector<TimeUs> backfilled, live;
};
Taken take(Flow& flow) {
  std::vector<Sample> backfilled, live;
  flow.take(backfilled, live);
  Taken taken;
  for (const Sample& sample : backfilled) taken.backfilled.push_back(sample.source_time_us);
  for (const Sample& sample : live) taken.live.push_back(sample.source_time_us);
  return taken;
}

/// The samples of a page carry the slot as their signal.
std::vector<Sample> page(Flow::Slot slot, std::vector<TimeUs> times) {
  std::vector<Sample> samples;
  for (const TimeUs time : times) samples.push_back({.signal = slot, .source_time_us = time});
  return samples;
}

TEST(Flow, LiveValuesPassWhenNothingIsMissing) {
  Flow flow;
  const auto slot = flow.add(42);
  flow.live(slot, at(1), false);
  std::vector<Sample> backfilled, live;
  flow.take(backfilled, live);
  ASSERT_EQ(live.size(), 1u);
  EXPECT_EQ(live[0].signal, 42u);
}

TEST(Flow, LiveValuesWaitForTheBackfillAndAreNotRepeated) {
  Flow flow;
  const Flow::Slot slot = flow.add(0);
  const TimeUs mark = 10;
  flow.begin(std::span(&slot, 1), std::span(&mark, 1), 0);
  flow.live(slot, at(40), false);
  flow.live(slot, at(50), false);
  EXPECT_THAT(take(flow).live, IsEmpty());
  ASSERT_EQ(flow.wanted(9).size(), 1u);
  EXPECT_EQ(flow.wanted(9)[0].after_us, 10);
  flow.page(slot, page(slot, {10, 20, 30, 40}), false);
  const Taken taken = take(flow);
  EXPECT_THAT(taken.backfilled, ElementsAre(20, 30, 40));
  EXPECT_THAT(taken.live, ElementsAre(50));
  EXPECT_EQ(flow.repeated(), 1u);
  EXPECT_FALSE(flow.holding());
}

TEST(Flow, WithoutAMarkAnOldLiveValueIsStillDelivered) {
  Flow flow;
  const Flow::Slot slot = flow.add(0);
  const TimeUs mark = 0;
  flow.begin(std::span(&slot, 1), std::span(&mark, 1), 1000);
  flow.live(slot, at(5), false);
  EXPECT_EQ(flow.wanted(9)[0].after_us, 1000);
  flow.no_history(slot);
  EXPECT_THAT(take(flow).live, ElementsAre(5));
  EXPECT_EQ(flow.without_history(), 1u);
}

TEST(Flow, OverflowIsReadFromHistoryBeforeTheNextValue) {
  Flow flow;
  const Flow::Slot slot = flow.add(0);
  flow.live(slot, at(10), false);
  flow.live(slot, at(40), true);
  EXPECT_THAT(take(flow).live, ElementsAre(10));
  ASSERT_EQ(flow.wanted(9).size(), 1u);
  EXPECT_EQ(flow.wanted(9)[0].after_us, 10);
  flow.page(slot, page(slot, {20, 30, 40}), false);
  const Taken taken = take(flow);
  EXPECT_THAT(taken.backfilled, ElementsAre(20, 30, 40));
  EXPECT_THAT(taken.live, IsEmpty());
}

TEST(Flow, OverflowDuringABackfillStartsAnotherRound) {
  Flow flow;
  const Flow::Slot slot = flow.add(0);
  const TimeUs mark = 1;
  flow.begin(std::span(&slot, 1), std::span(&mark, 1), 0);
  EXPECT_EQ(flow.wanted(9).size(), 1u);
  flow.page(slot, page(slot, {2}), false);
  flow.live(slot, at(5), true);
  EXPECT_THAT(take(flow).backfilled, ElementsAre(2));
  EXPECT_TRUE(flow.holding());
  ASSERT_EQ(flow.wanted(9).size(), 1u);
  EXPECT_EQ(flow.wanted(9)[0].after_us, 2);
  flow.page(slot, page(slot, {3, 4}), false);
  const Taken taken = take(flow);
  EXPECT_THAT(taken.backfilled, ElementsAre(3, 4));
  EXPECT_THAT(taken.live, ElementsAre(5));
}

TEST(Flow, AValueThatHistoryGaveIsNotRepeatedByItsLateNotification) {
  Flow flow;
  const Flow::Slot slot = flow.add(0);
  const TimeUs mark = 1;
  flow.begin(std::span(&slot, 1), std::span(&mark, 1), 0);
  ASSERT_EQ(flow.wanted(9).size(), 1u);
  flow.page(slot, page(slot, {2, 3}), false);
  EXPECT_THAT(take(flow).backfilled, ElementsAre(2, 3));
  flow.live(slot, at(3), false);
  flow.live(slot, at(4), false);
  EXPECT_THAT(take(flow).live, ElementsAre(4));
}

TEST(Flow, AnOverflowWithoutHistoryIsNotWaitedFor) {
  Flow flow;
  const Flow::Slot slot = flow.add(0);
  const TimeUs mark = 1;
  flow.begin(std::span(&slot, 1), std::span(&mark, 1), 0);
  flow.no_history(slot);
  take(flow);
  flow.live(slot, at(9), true);
  EXPECT_THAT(take(flow).live, ElementsAre(9));
  EXPECT_EQ(flow.overflows(), 1u);
}

/// A server with a short queue and a long history, a connection that breaks at random, a caller that remembers marks:
/// every point arrives once, in order.
TEST(Flow, RandomOutagesLoseNothing) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    std::mt19937 random(seed);
    constexpr Flow::Slot slots = 3;
    Flow flow;
    std::vector<std::vector<TimeUs>> history(slots), got(slots);
    std::vector<bool> missed(slots);
    std::vector<std::tuple<Flow::Slot, TimeUs, bool>> on_the_way;  // notified, not yet arrived
    const auto arrive = [&](std::size_t count) {
      for (std::size_t k = 0; k < count; ++k) {
        const auto [slot, time, overflow] = on_the_way[k];
        flow.live(slot, at(time), overflow);
      }
      on_the_way.erase(on_the_way.begin(), on_the_way.begin() + static_cast<std::ptrdiff_t>(count));
    };
    for (Flow::Slot slot = 0; slot < slots; ++slot) flow.add(slot);
    const auto collect = [&] {
      std::vector<Sample> all;
      while (true) {
        const std::size_t before = all.size();
        flow.take(all, all);
        if (before == all.size()) break;
      }
      for (const Sample& sample : all) got[sample.signal].push_back(sample.source_time_us);
    };
    const auto read = [&] {
      for (const auto& want : flow.wanted(1 + random() % 3)) {
        std::vector<TimeUs> times;
        for (const TimeUs time : history[want.slot]) {
          if (time > want.after_us && times.size() < 4) times.push_back(time);
        }
        const bool more = !times.empty() && times.back() != history[want.slot].back();
        flow.page(want.slot, page(want.slot, times), more);
      }
    };
    const auto connect = [&] {
      std::vector<Flow::Slot> all;
      std::vector<TimeUs> marks;
      for (Flow::Slot slot = 0; slot < slots; ++slot) {
        all.push_back(slot);
        marks.push_back(got[slot].empty() ? 0 : got[slot].back());
        missed[slot] = false;
      }
      flow.begin(all, marks, 0);
    };
    connect();
    bool connected = true;
    for (TimeUs time = 1; time < 300; ++time) {
      const Flow::Slot slot = random() % slots;
      history[slot].push_back(time);
      if (connected) {
        if (random() % 10 == 0) {
          missed[slot] = true;  // the server's queue ran over
        } else {
          on_the_way.emplace_back(slot, time, missed[slot]);
          missed[slot] = false;
        }
        arrive(random() % (on_the_way.size() + 1));
      }
      if (random() % 4 == 0) read();
      if (random() % 3 == 0) collect();
      if (random() % 25 == 0) {
        collect();
        if (connected) {
          flow.session_lost();
          on_the_way.clear();
        } else {
          connect();
        }
        connected = !connected;
      }
    }
    if (!connected)
      connect();
    else {
      flow.session_lost();
      collect();
      connect();
    }
    while (flow.holding()) {
      read();
      collect();
    }
    EXPECT_EQ(got, history) << "seed " << seed;
  }
}

}  // namespace
}  // namespace millrace::opcua
