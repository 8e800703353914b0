#include "spool/spool.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(SpoolGap, ComesBackFromItsText) {
  SpoolGap gap{.number = 9,
               .first = 3,
               .last = 7,
               .points = 50,
               .from_us = 1,
               .to_us = 2,
               .reason = "size limit",
               .numbers = {{3, 4}, {6, 7}}};
  auto back = parse_gap(gap_json(gap));
  ASSERT_TRUE(back);
  EXPECT_EQ(gap_json(*back), gap_json(gap));
  EXPECT_EQ(back->reason, "size limit");
  EXPECT_EQ(back->numbers, gap.numbers);
  for (const auto* text : {"", "[]", "{}", R"({"number":1,"first":"x"})",
                           R"({"number":9,"first":3,"last":7,"points":0,"from_us":0,"to_us":0,"reason":"x",)"
                           R"("numbers":[[4,3]]})",
                           R"({"number":9,"first":3,"last":7,"points":0,"from_us":0,"to_us":0,"reason":"x",)"
                           R"("numbers":[[0,18446744073709551615]]})"})
    EXPECT_FALSE(parse_gap(text)) << text;
}

}  // namespace
}  // namespace millrace
