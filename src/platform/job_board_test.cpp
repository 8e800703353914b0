#include "platform/job_board.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(JobBoard, OneJobPerSubjectAtATime) {
  JobBoard board;
  const auto first = *board.add("train a", 1);
  EXPECT_EQ(board.find(first)->state, JobState::queued);
  const auto second = board.add("train a", 2);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::failed_precondition);
  EXPECT_NE(second.error().message.find(first), std::string::npos);
  EXPECT_TRUE(board.add("train b", 3));
  board.progress(first, 0.5, "half");
  EXPECT_EQ(board.find(first)->state, JobState::running);
  board.finish(first, nlohmann::json{{"version", 1}});
  EXPECT_EQ(board.find(first)->state, JobState::done);
  EXPECT_EQ(board.find(first)->result["version"], 1);
  EXPECT_TRUE(board.add("train a", 4));
}

TEST(JobBoard, AFailureKeepsItsMessage) {
  JobBoard board;
  const auto id = *board.add("train a", 1);
  board.finish(id, fail(ErrorCode::failed_precondition, "no work orders"));
  EXPECT_EQ(board.find(id)->state, JobState::failed);
  EXPECT_EQ(board.find(id)->message, "no work orders");
  EXPECT_TRUE(board.find(id)->result.is_null());
}

TEST(JobBoard, RemembersTheNewestOnly) {
  JobBoard board(2);
  const auto first = *board.add("a", 1);
  EXPECT_TRUE(board.add("b", 2));
  EXPECT_EQ(board.add("c", 3).error().code, ErrorCode::exhausted);
  board.finish(first, nlohmann::json::object());
  EXPECT_TRUE(board.add("c", 4));
  EXPECT_EQ(board.find(first), nullptr);
}

}  // namespace
}  // namespace millrace
