#include "delivery/state_machine.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace millrace::delivery {
namespace {

using ::testing::HasSubstr;

const std::string hash_a(64, 'a'), hash_b(64, 'b');

std::string document(const std::string& revision, const std::string& sha256) {
  return fmt::format(R"({{"revision":"{}","use_cases":[{{"name":"pump","version":1,"sha256":"{}"}}]}})", revision,
                     sha256);
}

class StateMachineTest : public ::testing::Test {
 protected:
  Action answer(const std::string& revision, const std::string& sha256) {
    return machine_.on_answer(Offer{"tag-" + revision, document(revision, sha256)});
  }
  void run_whole(const std::string& revision, const std::string& sha256) {
    held_.insert(sha256);
    ASSERT_EQ(machine_.on_due(), Action::ask);
    ASSERT_EQ(answer(revision, sha256), Action::prove);
    ASSERT_EQ(machine_.on_proved(true), Action::none);
  }

  std::set<std::string> held_;
  StateMachine machine_{Content::use_cases, [this](const std::string& sha256) { return held_.contains(sha256); }};
};

TEST(Transitions, EveryStateAndEventHasAtMostOneRowAndEveryStateAWayBackToIdle) {
  std::set<std::pair<State, Event>> seen;
  std::set<State> failing;
  for (const Transition& row : transitions()) {
    EXPECT_TRUE(seen.emplace(row.state, row.event).second);
    EXPECT_EQ(row.action == Action::tell, row.event == Event::failed);
    if (row.event == Event::failed) {
      EXPECT_EQ(row.next, State::idle);
      failing.insert(row.state);
    }
  }
  EXPECT_EQ(failing, (std::set{State::asking, State::fetching, State::proving}));
}

TEST_F(StateMachineTest, FetchesWhatIsMissingAndProvesTheWhole) {
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(machine_.on_due(), Action::none) << "the answer is still to come";
  EXPECT_EQ(answer("r1", hash_a), Action::fetch);
  EXPECT_EQ(machine_.wanted().sha256, hash_a);
  held_.insert(hash_a);
  EXPECT_EQ(machine_.on_artifact({}), Action::prove);
  EXPECT_EQ(machine_.assignment().revision, "r1");
  EXPECT_EQ(machine_.on_proved(true), Action::none);
  EXPECT_EQ(machine_.state(), State::idle);
  EXPECT_EQ(machine_.tag(), "tag-r1");
}

TEST_F(StateMachineTest, TheSameAgainChangesNothing) {
  run_whole("r1", hash_a);
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(machine_.on_answer(std::nullopt), Action::none);
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r1", hash_a), Action::none) << "a source that knows no tags";
  EXPECT_EQ(machine_.state(), State::idle);
}

TEST_F(StateMachineTest, AProblemThatLastsIsToldOnceAndAgainWhenItComesBack) {
  const auto away = [] { return fail(ErrorCode::unavailable, "away"); };
  const auto poll_away = [&] {
    EXPECT_EQ(machine_.on_due(), Action::ask);
    return machine_.on_answer(away());
  };
  EXPECT_EQ(poll_away(), Action::tell);
  EXPECT_EQ(machine_.problem(), "away");
  EXPECT_EQ(poll_away(), Action::none);
  run_whole("r1", hash_a);
  EXPECT_EQ(poll_away(), Action::tell);
}

TEST_F(StateMachineTest, AFileThatDidNotComeIsAskedForAgainWithTheWholeAssignment) {
  run_whole("r1", hash_a);
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r2", hash_b), Action::fetch);
  EXPECT_EQ(machine_.on_artifact(fail(ErrorCode::corrupt, "other bytes")), Action::tell);
  EXPECT_THAT(machine_.problem(), HasSubstr("pump (SHA-256 bbbbbbbbbbbb…) could not be fetched: other bytes"));
  EXPECT_EQ(machine_.tag(), "") << "else the answer would be: unchanged";
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r2", hash_b), Action::fetch);
}

TEST_F(StateMachineTest, WhatWasRefusedIsTriedAgainOnlyWhenItChanges) {
  held_ = {hash_a, hash_b};
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r1", hash_a), Action::prove);
  EXPECT_EQ(machine_.on_proved(false), Action::none);
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r1", hash_a), Action::none);
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r2", hash_b), Action::prove);
}

TEST_F(StateMachineTest, WhatCannotRunFromDiskIsTakenFromThePlatformThoughTheRevisionIsTheSame) {
  EXPECT_EQ(machine_.on_stored(document("r1", hash_a)), Action::prove);
  EXPECT_EQ(machine_.on_due(), Action::none);
  EXPECT_EQ(machine_.on_proved(false), Action::none);  // a file is gone, or rotten
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r1", hash_a), Action::fetch);
}

TEST_F(StateMachineTest, AFileThatRottedAwayIsFetchedAgain) {
  held_ = {hash_a};
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r1", hash_a), Action::prove);
  held_.clear();  // the proof found other bytes in it, and removed it
  EXPECT_EQ(machine_.on_proved(false), Action::none);
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(machine_.tag(), "") << "else the answer would be: unchanged";
  EXPECT_EQ(answer("r1", hash_a), Action::fetch);
}

TEST_F(StateMachineTest, WhatCouldNotBeProvedNowIsProvedAgainAtTheNextPoll) {
  held_ = {hash_a};
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r1", hash_a), Action::prove);
  EXPECT_EQ(machine_.on_failure({ErrorCode::unavailable, "no descriptor left"}), Action::tell);
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(answer("r1", hash_a), Action::prove);
}

TEST_F(StateMachineTest, WhatIsNoAssignmentIsToldAndTheLastOneStays) {
  run_whole("r1", hash_a);
  EXPECT_EQ(machine_.on_due(), Action::ask);
  EXPECT_EQ(machine_.on_answer(Offer{"tag-r2", "<html>"}), Action::tell);
  EXPECT_EQ(machine_.tag(), "tag-r1");
  EXPECT_EQ(machine_.assignment().revision, "r1");
  StateMachine fresh(Content::use_cases, [](const std::string&) { return true; });
  EXPECT_EQ(fresh.on_stored("torn"), Action::tell);
  EXPECT_EQ(fresh.on_due(), Action::ask);
}

TEST_F(StateMachineTest, WhatComesLateIsPassedOver) {
  EXPECT_EQ(answer("r1", hash_a), Action::none);
  EXPECT_EQ(machine_.on_artifact({}), Action::none);
  EXPECT_EQ(machine_.on_proved(true), Action::none);
  EXPECT_EQ(machine_.state(), State::idle);
}

}  // namespace
}  // namespace millrace::delivery
