#include "gateway/edge_inbox.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

using Seen = EdgeInbox::Seen;

TEST(EdgeInbox, TakesABatchOnceEvenAfterARestart) {
  EdgeInbox inbox;
  EXPECT_EQ(inbox.add("edge-1", "e", 1), Seen::first);
  EXPECT_EQ(inbox.add("edge-1", "e", 2), Seen::first);
  EXPECT_EQ(inbox.add("edge-2", "e", 1), Seen::first);
  EdgeInbox again;
  EXPECT_TRUE(again.restore("edge-1", inbox.to_text("edge-1")));
  EXPECT_EQ(again.add("edge-1", "e", 2), Seen::held);
  EXPECT_EQ(again.add("edge-1", "e", 3), Seen::first);
  EXPECT_EQ(again.add("edge-1", "f", 1), Seen::first);
  EXPECT_EQ(again.to_text("edge-1"), "f 1");
  EXPECT_FALSE(again.restore("edge-1", "nonsense"));
  EXPECT_FALSE(again.restore("edge-1", "e 5-1"));
}

TEST(EdgeInbox, AcknowledgesARepeatOnlyWhenTheFirstIsDurable) {
  EdgeInbox inbox;
  EXPECT_EQ(inbox.add("edge-1", "e", 1), Seen::first);
  EXPECT_EQ(inbox.add("edge-1", "e", 1), Seen::waiting);
  inbox.on_durable("edge-1", "another", 1);
  EXPECT_EQ(inbox.add("edge-1", "e", 1), Seen::waiting);
  inbox.on_durable("edge-1", "e", 1);
  EXPECT_EQ(inbox.add("edge-1", "e", 1), Seen::held);
}

TEST(EdgeInbox, ABatchWithoutRoomMayComeAgain) {
  EdgeInbox inbox;
  EXPECT_EQ(inbox.add("edge-1", "e", 1), Seen::first);
  inbox.take_back("edge-1", 1);
  EXPECT_EQ(inbox.to_text("edge-1"), "e ");
  EXPECT_EQ(inbox.add("edge-1", "e", 1), Seen::first);
}

TEST(EdgeInbox, SettlesAGapAndClosesItsHoles) {
  EdgeInbox inbox;
  for (std::uint64_t batch : {1, 3, 6}) inbox.add("edge-1", "e", batch);
  const auto missing = inbox.settle("edge-1", {.number = 6,
                                               .first = 2,
                                               .last = 5,
                                               .points = 60,
                                               .reason = "age limit",
                                               .numbers = {{2, 5}},
                                               .batch_points = {10, 20, 10, 20}});
  EXPECT_EQ(missing.points, 40u);  // batch 3 had arrived
  EXPECT_EQ(inbox.to_text("edge-1"), "e 1-6");
}

}  // namespace
}  // namespace millrace
