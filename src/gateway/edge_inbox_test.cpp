#include "gateway/edge_inbox.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(EdgeInbox, TakesABatchOnceEvenAfterARestart) {
  EdgeInbox inbox;
  EXPECT_TRUE(inbox.add("edge-1", "e", 1));
  EXPECT_TRUE(inbox.add("edge-1", "e", 2));
  EXPECT_FALSE(inbox.add("edge-1", "e", 1));
  EXPECT_TRUE(inbox.add("edge-2", "e", 1));
  EdgeInbox again;
  EXPECT_TRUE(again.restore("edge-1", inbox.to_text("edge-1")));
  EXPECT_FALSE(again.add("edge-1", "e", 2));
  EXPECT_TRUE(again.add("edge-1", "e", 3));
  EXPECT_TRUE(again.add("edge-1", "f", 1));
  EXPECT_EQ(again.to_text("edge-1"), "f 1");
  EXPECT_FALSE(again.restore("edge-1", "nonsense"));
  EXPECT_FALSE(again.restore("edge-1", "e 5-1"));
}

}  // namespace
}  // namespace millrace
