#include "uplink/config.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(UplinkConfig, ReadsEveryKey) {
  auto config = Config::parse(
      "spool: {limit: 1 MiB, age: 2 h, on_full: thin, commit_every: 50 ms, resend_after: 3 s}\n", "edge.yaml");
  ASSERT_TRUE(config);
  const auto read = read_uplink_config(config->root().section("spool"));
  ASSERT_TRUE(config->finish());
  EXPECT_EQ(read.spool.limit_bytes, 1u << 20);
  EXPECT_EQ(read.spool.limit_age_us, 7'200'000'000);
  EXPECT_EQ(read.spool.on_full, SpoolFullPolicy::thin);
  EXPECT_EQ(read.group_commit_us, 50'000);
  EXPECT_EQ(read.resend_after_us, 3'000'000);
}

TEST(UplinkConfig, RefusesAPolicyThatNobodyKnows) {
  auto config = Config::parse("spool: {on_full: forget}\n", "edge.yaml");
  ASSERT_TRUE(config);
  read_uplink_config(config->root().section("spool"));
  EXPECT_FALSE(config->finish());
}

}  // namespace
}  // namespace millrace
