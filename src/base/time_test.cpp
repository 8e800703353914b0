#include "base/time.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Time, formats_and_parses_the_same_instant) {
  TimeUs time_us = 1'795'370'986'123'456;
  EXPECT_EQ(*parse_time(format_time(time_us)), time_us);
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999999Z");
}

TEST(Time, reads_offsets_and_dates) {
  EXPECT_EQ(*parse_time("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(*parse_time("1970-01-02"), 86'400'000'000);
}

TEST(Time, refuses_what_is_no_time) {
  for (auto text : {"", "yesterday", "2026-13-01", "2026-02-30", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

}  // namespace
}  // namespace millrace
