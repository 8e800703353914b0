#include "platform/problem_board.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

const Error disk_full{ErrorCode::exhausted, "cannot write lake/1.parquet: No space left on device"};
const Error disk_full_again{ErrorCode::exhausted, "cannot write lake/2.parquet: No space left on device"};
const Error disk_gone{ErrorCode::unavailable, "disk I/O error"};

TEST(ProblemBoard, TellsAKindOfFailureOnceAndItsEndOnce) {
  ProblemBoard board;
  EXPECT_FALSE(board.works("storing")) << "nothing was wrong";
  EXPECT_TRUE(board.fails("storing", disk_full, 5));
  EXPECT_FALSE(board.fails("storing", disk_full_again, 6));
  EXPECT_TRUE(board.fails("storing", disk_gone, 7));
  EXPECT_FALSE(board.fails("storing", disk_full, 8)) << "it may go to and fro";
  ASSERT_EQ(board.open().size(), 1u);
  EXPECT_EQ(board.open().at("storing").since_us, 5);
  EXPECT_EQ(board.open().at("storing").why, disk_full.message) << "the newest";
  ASSERT_TRUE(board.works("storing"));
  EXPECT_FALSE(board.works("storing"));
  EXPECT_TRUE(board.open().empty());
  EXPECT_TRUE(board.fails("storing", disk_full, 9)) << "another time";
}

TEST(ProblemBoard, KeepsEachWorkApart) {
  ProblemBoard board;
  EXPECT_TRUE(board.fails("storing", disk_full, 5));
  EXPECT_TRUE(board.fails("maintenance", disk_full, 6));
  board.works("storing");
  EXPECT_TRUE(board.open().contains("maintenance"));
}

}  // namespace
}  // namespace millrace
