#include "edge/outbox.hpp"

#include "sparkplug/data_decoder.hpp"
#include "sparkplug/names.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Outbox, ManyDecisionsBecomeFewBatches) {
  Outbox outbox({.batch_bytes = 10});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(outbox.add("four", i));
  EXPECT_TRUE(outbox.add("larger than a batch", 6));
  std::vector<Uplink::Item> items;
  outbox.take(items);
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0].metrics, "fourfour");
  EXPECT_EQ(items[0].points, 2u);
  EXPECT_EQ(items[2].metrics, "four");
  EXPECT_EQ(items[3].metrics, "larger than a batch");
  EXPECT_EQ(items[3].device, Uplink::node_itself);
  items.clear();
  outbox.take(items);
  EXPECT_TRUE(items.empty());
}

TEST(Outbox, WritesDownWhatFoundNoRoom) {
  Outbox outbox({.limit_bytes = 10});
  EXPECT_TRUE(outbox.add("0123456789", 1000));
  EXPECT_FALSE(outbox.add("x", 2000));
  EXPECT_FALSE(outbox.add("x", 3000));
  EXPECT_EQ(outbox.lost(), 2u);
  std::vector<Uplink::Item> items;
  outbox.take(items);
  ASSERT_EQ(items.size(), 2u);
  sparkplug::DataDecoder decoder(items[0].metrics);
  sparkplug::DataMetric metric;
  ASSERT_TRUE(decoder.next(metric));
  EXPECT_EQ(metric.name, sparkplug::names::gap);
  const auto gap = parse_gap(metric.text);
  ASSERT_TRUE(gap);
  EXPECT_EQ(gap->points, 2u);
  EXPECT_EQ(gap->from_us, 2000);
  EXPECT_EQ(gap->to_us, 3000);
  EXPECT_TRUE(gap->numbers.empty());
  EXPECT_EQ(items[1].metrics, "0123456789");
  EXPECT_TRUE(outbox.add("0123456789", 4000));  // once told, it begins anew
  items.clear();
  outbox.take(items);
  EXPECT_EQ(items.size(), 1u);
}

}  // namespace
}  // namespace millrace
