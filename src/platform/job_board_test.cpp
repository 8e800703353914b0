#include "platform/job_board.hpp"

#include "metadata/migrations.hpp"
#include "metadata/sqlite/sqlite_database.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

using nlohmann::json;

struct JobBoardTest : testing::Test {
  std::unique_ptr<Database> database = *open_sqlite_database({});
  Result<void> migrated = migrate(*database, 1);

  JobBoard open(std::size_t limit = 200) {
    auto board = JobBoard::open(*database, 100, limit);
    EXPECT_TRUE(board) << board.error().message;
    return std::move(*board);
  }
  static void finish(JobBoard& board, const std::string& id, const Result<json>& result) {
    board.finish(id, 50, [&] { return result; });
  }
};

TEST_F(JobBoardTest, OneJobPerSubjectAtATime) {
  auto board = open();
  const auto first = *board.add("train a", 1);
  EXPECT_EQ(board.find(first)->state, JobState::queued);
  const auto second = board.add("train a", 2);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::failed_precondition);
  EXPECT_NE(second.error().message.find(first), std::string::npos);
  EXPECT_TRUE(board.add("train b", 3));
  board.progress(first, 0.5, "half");
  EXPECT_EQ(board.find(first)->state, JobState::running);
  finish(board, first, json{{"version", 1}});
  EXPECT_EQ(board.find(first)->state, JobState::done);
  EXPECT_EQ(board.find(first)->result["version"], 1);
  EXPECT_TRUE(board.add("train a", 4));
}

TEST_F(JobBoardTest, AFailureKeepsItsMessage) {
  auto board = open();
  const auto id = *board.add("train a", 1);
  finish(board, id, fail(ErrorCode::failed_precondition, "no work orders"));
  EXPECT_EQ(board.find(id)->state, JobState::failed);
  EXPECT_EQ(board.find(id)->message, "no work orders");
  EXPECT_TRUE(board.find(id)->result.is_null());
}

TEST_F(JobBoardTest, WhatEndedDoesNotChangeAnyMore) {
  auto board = open();
  const auto id = *board.add("train a", 1);
  finish(board, id, json{{"version", 1}});
  board.progress(id, 0.2, "late");
  finish(board, id, fail(ErrorCode::internal, "late"));
  EXPECT_EQ(board.find(id)->state, JobState::done);
  EXPECT_EQ(board.find(id)->progress, 1);
}

TEST_F(JobBoardTest, AnswersAfterARestartAndTellsWhatWasInterrupted) {
  std::string done, waiting, running;
  {
    auto board = open();
    done = *board.add("a", 1);
    running = *board.add("b", 2);
    waiting = *board.add("c", 3);
    finish(board, done, json{{"version", 7}});
    board.progress(running, 0.5, "half");
  }
  auto board = open();
  ASSERT_NE(board.find(done), nullptr);
  EXPECT_EQ(board.find(done)->state, JobState::done);
  EXPECT_EQ(board.find(done)->result["version"], 7);
  for (const auto& id : {running, waiting}) {
    ASSERT_NE(board.find(id), nullptr);
    EXPECT_EQ(board.find(id)->state, JobState::failed);
    EXPECT_EQ(board.find(id)->message, "the platform stopped while this ran; start it again");
  }
  EXPECT_TRUE(board.add("b", 4)) << "the same work can be started again";
}

TEST_F(JobBoardTest, TheResultAndTheEndAreOneWrite) {
  auto board = open();
  const auto id = *board.add("a", 1);
  board.finish(id, 2, [&]() -> Result<json> {
    TRY(database->execute("INSERT INTO sessions (secret_sha256, expires_us) VALUES ('x', 1)"));
    return fail(ErrorCode::internal, "after the write");
  });
  EXPECT_TRUE(database->query("SELECT 1 FROM sessions")->empty());
  EXPECT_EQ(open().find(id)->message, "after the write");
}

TEST_F(JobBoardTest, RemembersTheNewestOnly) {
  auto board = open(2);
  const auto first = *board.add("a", 1);
  EXPECT_TRUE(board.add("b", 2));
  EXPECT_EQ(board.add("c", 3).error().code, ErrorCode::exhausted);
  finish(board, first, json::object());
  EXPECT_TRUE(board.add("c", 4));
  EXPECT_EQ(board.find(first), nullptr);
  EXPECT_EQ((*database->query("SELECT count(*) FROM jobs"))[0].integer(0), 2);
}

}  // namespace
}  // namespace millrace
