#include "fieldbus/opcua/backfill.hpp"

#include <gmock/gmock.h>
#include <map>
#include <random>

namespace millrace::opcua {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<Sample> at(SignalIndex signal, std::vector<TimeUs> times) {
  std::vector<Sample> samples;
  for (const TimeUs time : times)
    samples.push_back({.signal = signal, .source_time_us = time, .value = static_cast<double>(time)});
  return samples;
}

std::vector<TimeUs> times(const std::vector<Sample>& samples) {
  std::vector<TimeUs> out;
  for (const Sample& sample : samples) out.push_back(sample.source_time_us);
  return out;
}

TEST(BackfillMerge, HoldsBackWhatAnotherSignalMayStillPrecede) {
  BackfillMerge merge;
  merge.add(0, 0);
  merge.add(1, 0);
  std::vector<Sample> out;
  merge.page(0, at(0, {10, 20, 30}), true);
  merge.take(out);
  EXPECT_THAT(out, IsEmpty());
  merge.page(1, at(1, {10, 20}), true);
  merge.take(out);
  EXPECT_THAT(times(out), ElementsAre(10, 10, 20, 20));
  ASSERT_EQ(merge.wanted(9).size(), 1u) << "signal 0 still has 30 in hand";
  EXPECT_EQ(merge.wanted(9)[0].slot, 1u);
  EXPECT_EQ(merge.wanted(9)[0].after_us, 20);
  merge.page(1, {}, false);
  merge.take(out);
  EXPECT_THAT(times(out), ElementsAre(10, 10, 20, 20, 30));
  EXPECT_FALSE(merge.done());
  merge.page(0, {}, false);
  EXPECT_TRUE(merge.done());
}

TEST(BackfillMerge, DropsWhatTheMarkAlreadyCovers) {
  BackfillMerge merge;
  merge.add(7, 20);
  std::vector<Sample> out;
  merge.page(7, at(7, {10, 20, 21, 21, 40}), false);
  merge.take(out);
  EXPECT_THAT(times(out), ElementsAre(21, 40));
  EXPECT_TRUE(merge.done());
}

TEST(BackfillMerge, ASignalWithoutHistoryDoesNotStopTheOthers) {
  BackfillMerge merge;
  merge.add(0, 0);
  merge.add(1, 0);
  merge.give_up(1);
  std::vector<Sample> out;
  merge.page(0, at(0, {1, 2}), false);
  merge.take(out);
  EXPECT_THAT(times(out), ElementsAre(1, 2));
  EXPECT_TRUE(merge.done());
}

TEST(BackfillMerge, RandomPagesGiveEveryPointOnceInOrder) {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    std::mt19937 random(seed);
    std::map<std::uint32_t, std::vector<Sample>> history;
    BackfillMerge merge;
    std::size_t expected = 0;
    for (std::uint32_t slot = 0; slot < 7; ++slot) {
      TimeUs time = 0;
      for (unsigned count = random() % 60; count > 0; --count) {
        time += 1 + random() % 9;
        history[slot].push_back({.signal = slot, .source_time_us = time});
      }
      const TimeUs mark = random() % 40;
      merge.add(slot, mark);
      expected += static_cast<std::size_t>(
          std::ranges::count_if(history[slot], [&](const Sample& sample) { return sample.source_time_us > mark; }));
    }
    std::vector<Sample> out;
    while (!merge.done()) {
      for (const auto& want : merge.wanted(1 + random() % 4)) {
        const auto& all = history[want.slot];
        auto from = std::ranges::upper_bound(all, want.after_us, {}, &Sample::source_time_us);
        const auto count = std::min<std::ptrdiff_t>(1 + static_cast<std::ptrdiff_t>(random() % 8), all.end() - from);
        merge.page(want.slot, std::span(from, from + count), from + count != all.end());
      }
      merge.take(out);
    }
    EXPECT_EQ(out.size(), expected) << "seed " << seed;
    EXPECT_TRUE(std::ranges::is_sorted(out, {}, &Sample::source_time_us)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace millrace::opcua
