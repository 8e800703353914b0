#include "lake/duckdb/commit_once.hpp"

#include <gtest/gtest.h>

#include <map>

namespace millrace::duck {
namespace {

/// A lake whose COMMIT may store and fail all the same, and which cannot always be asked.
class CommitOnceTest : public testing::Test {
 protected:
  Result<SnapshotId> commit(const std::string& key, bool stores, bool answers) {
    return once_.run(key, [&, stores, answers](const std::string& id) -> Result<SnapshotId> {
      ++attempts_;
      if (stores) snapshots_.emplace(id, ++newest_);
      if (answers) return newest_;
      return fail(ErrorCode::unavailable, "disk I/O error");
    });
  }

  std::map<std::string, SnapshotId> snapshots_;
  SnapshotId newest_ = 0;
  int attempts_ = 0;
  bool can_be_asked_ = true;
  CommitOnce once_{[this](const std::string& id) -> Result<std::optional<SnapshotId>> {
    if (!can_be_asked_) return fail(ErrorCode::unavailable, "disk I/O error");
    const auto found = snapshots_.find(id);
    return found == snapshots_.end() ? std::nullopt : std::optional(found->second);
  }};
};

TEST_F(CommitOnceTest, SaysWhatCommitSaysWhenThatIsTrue) {
  EXPECT_EQ(commit("a", true, true).value(), 1);
  EXPECT_EQ(commit("b", false, false).error().code, ErrorCode::unavailable);
  EXPECT_EQ(commit("b", true, true).value(), 2);
  EXPECT_EQ(attempts_, 3);
}

TEST_F(CommitOnceTest, ACommitThatIsStoredIsNoErrorWhateverItsAnswer) {
  EXPECT_EQ(commit("a", true, false).value(), 1);
  EXPECT_EQ(commit("a", true, true).value(), 2) << "the same key again is another commit";
}

TEST_F(CommitOnceTest, ACommitInDoubtIsLookedForBeforeItIsStoredAgain) {
  can_be_asked_ = false;
  EXPECT_FALSE(commit("a", true, false));
  EXPECT_FALSE(commit("a", true, true)) << "still nobody can tell";
  EXPECT_EQ(attempts_, 1);
  can_be_asked_ = true;
  EXPECT_EQ(commit("a", true, true).value(), 1);
  EXPECT_EQ(snapshots_.size(), 1u) << "its rows are there twice";
  EXPECT_EQ(commit("a", true, true).value(), 2);
}

TEST_F(CommitOnceTest, ADoubtThatWasNoneAndAnotherCommitAreStored) {
  can_be_asked_ = false;
  EXPECT_FALSE(commit("a", false, false));
  can_be_asked_ = true;
  EXPECT_EQ(commit("a", true, true).value(), 1);
  can_be_asked_ = false;
  EXPECT_FALSE(commit("b", true, false));
  can_be_asked_ = true;
  EXPECT_EQ(commit("c", true, true).value(), 3);
}

}  // namespace
}  // namespace millrace::duck
