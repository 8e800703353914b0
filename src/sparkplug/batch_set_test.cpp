#include "sparkplug/batch_set.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace millrace::sparkplug {
namespace {

TEST(BatchSet, JoinsRangesThatTouch) {
  BatchSet set;
  set.add(1, 3);
  set.add(7, 9);
  EXPECT_EQ(set.to_text(), "1-3,7-9");
  set.add(5);
  EXPECT_EQ(set.to_text(), "1-3,5,7-9");
  set.add(4);
  EXPECT_EQ(set.to_text(), "1-5,7-9");
  set.add(2, 100);
  EXPECT_EQ(set.to_text(), "1-100");
  set.remove(50);
  EXPECT_EQ(set.to_text(), "1-49,51-100");
  set.remove(40, 60);
  EXPECT_EQ(set.to_text(), "1-39,61-100");
  EXPECT_EQ(set.count(), 79u);
}

TEST(BatchSet, TextComesBack) {
  for (const auto* text : {"", "5", "1-500,900-950", "0-1,3,9-18446744073709551614"}) {
    auto set = BatchSet::parse(text);
    ASSERT_TRUE(set) << text;
    EXPECT_EQ(set->to_text(), text);
  }
  for (const auto* text :
       {",", "1,", "-", "1-", "-1", "5-1", "a", "1 2", "1-2-3", "18446744073709551615", "99999999999999999999"}) {
    EXPECT_FALSE(BatchSet::parse(text)) << text;
  }
}

TEST(BatchSet, BehavesLikeASetOfNumbers) {
  std::mt19937 random(7);
  BatchSet set;
  std::set<std::uint64_t> oracle;
  for (int step = 0; step < 5000; ++step) {
    auto first = random() % 200;
    auto last = first + random() % 12;
    if (random() % 2 == 0) {
      set.add(first, last);
      for (auto i = first; i <= last; ++i) oracle.insert(i);
    } else {
      set.remove(first, last);
      for (auto i = first; i <= last; ++i) oracle.erase(i);
    }
    ASSERT_EQ(set.count(), oracle.size());
    for (std::uint64_t i = 0; i < 215; ++i) ASSERT_EQ(set.contains(i), oracle.count(i) == 1) << i;
    ASSERT_EQ(BatchSet::parse(set.to_text()).value(), set);
  }
}

}  // namespace
}  // namespace millrace::sparkplug
