#include "gateway/setpoints.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <vector>

namespace millrace {
namespace {

using testing::ElementsAre;

constexpr std::int64_t second_us = 1'000'000;

/// One output, and a machine that takes whatever is written.
class SetpointsTest : public testing::Test {
 protected:
  SetpointsTest() {
    setpoints_.poll();  // the safe value
    told_.clear();
  }
  void decide(std::int64_t ahead_us, const std::string& id) {
    setpoints_.decide({.decision_id = id,
                       .time_us = clock_.now_us() + ahead_us,
                       .asset = "engine",
                       .use_case = "derating",
                       .advice = "derate"});
  }

  ManualClock clock_{1'790'000'000 * second_us};
  const std::map<UseCaseAsset, SetpointPlan> plan_{{{"derating", "engine"},
                                                    {.node = {.node = "s=Derate", .low = 0, .high = 1},
                                                     .envelope = {.low = 0, .high = 1, .safe = 0.1},
                                                     .timeout_us = 60 * second_us,
                                                     .advice = "derate",
                                                     .value = 0.8}}};
  std::vector<double> written_;
  std::vector<nlohmann::json> told_;
  Setpoints setpoints_{
      plan_,
      clock_,
      {.write =
           [this](const OutputNode&, double value, const std::function<void(Result<double>)>& done) {
             written_.push_back(value);
             done(value);
           },
       .event = [this](const std::string&,
                       const std::string& detail) { told_.push_back(nlohmann::json::parse(detail)); }}};
};

TEST_F(SetpointsTest, ADecisionFromTheFutureIsRefusedAndToldOnceAndKeepsNoOtherOut) {
  decide(3'600 * second_us, "one");
  decide(3'601 * second_us, "two");
  EXPECT_THAT(written_, ElementsAre(0.1)) << "the safe value stays";
  ASSERT_EQ(told_.size(), 1u);
  EXPECT_EQ(told_[0]["kind"], "setpoint");
  EXPECT_EQ(told_[0]["guard"], "clock");
  EXPECT_EQ(told_[0]["decision_id"], "one");
  EXPECT_EQ(told_[0]["wanted"], 0.8);
  EXPECT_THAT(told_[0]["error"].get<std::string>(), testing::HasSubstr("from the future"));
  decide(0, "three");  // the edge's clock is right again
  EXPECT_THAT(written_, ElementsAre(0.1, 0.8));
}

TEST_F(SetpointsTest, ClocksMayDifferALittle) {
  decide(4 * second_us, "one");
  EXPECT_THAT(written_, ElementsAre(0.1, 0.8));
}

}  // namespace
}  // namespace millrace
