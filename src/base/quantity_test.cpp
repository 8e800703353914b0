#include "base/quantity.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Quantity, DurationsAreANumberAndAUnit) {
  EXPECT_EQ(read_duration_us("1.5 s"), 1'500'000);
  EXPECT_EQ(read_duration_us("250ms"), 250'000);
  EXPECT_EQ(read_duration_us("30 d"), 30ll * 86'400'000'000);
  EXPECT_EQ(read_duration_us("2  weeks"), 14ll * 86'400'000'000);
  for (const char* text : {"", "10", "s", "-1 s", "-0 s", "+1 s", "1 parsec", "1e3 s", "1..2 s", "inf s", "nan s",
                           " 1 s", "1 s ", "99999999999999999999 d"}) {
    EXPECT_FALSE(read_duration_us(text)) << text;
  }
}

TEST(Quantity, SizesCountInThousandsOrIn1024s) {
  EXPECT_EQ(read_size_bytes("8 KiB"), 8192u);
  EXPECT_EQ(read_size_bytes("1.5 GB"), 1'500'000'000u);
  EXPECT_EQ(read_size_bytes("0 B"), 0u);
  EXPECT_FALSE(read_size_bytes("1 s"));
  EXPECT_EQ(size_unit_bytes("KiB"), 1024.0);
  EXPECT_EQ(time_unit_us("KiB"), std::nullopt);
}

}  // namespace
}  // namespace millrace
