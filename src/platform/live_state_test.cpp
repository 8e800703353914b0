#include "platform/live_state.hpp"

#include "platform/api_json.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace millrace {
namespace {

struct LiveStateTest : testing::Test {
  LiveState live{100};
  LiveStateTest() {
    UseCase use_case;
    use_case.name = "turbofan-maintenance";
    use_case.assets.type = "Turbofan";
    use_case.quality.freshness_us = 10'000'000;
    UseCase::SignalDeclaration cycle, speed, order;
    speed.name = "Nf";
    speed.range = {{2000, 2500}};
    cycle.name = "cycle";
    cycle.role = SignalRole::clock;
    order.name = "WorkOrder";
    order.role = SignalRole::work_order;
    order.codes = {{1, "overhaul"}, {2, "failure"}};
    use_case.signals = {speed, cycle, order};
    live.set_use_cases({use_case});
    live.describe("site-1", "engine-061", {"Turbofan", {"engine"}});
    live.declare({0, "site-1", "engine-061", "cycle", "", ""});
    live.declare({1, "site-1", "engine-061", "Nf", "rpm", "speed"});
    live.declare({2, "site-1", "engine-061", "WorkOrder", "", ""});
  }
  AssetState state(TimeUs now_us) { return live.state_of(*live.find("engine-061"), now_us); }
};

TEST_F(LiveStateTest, KnowsWhatSignalsMean) {
  const auto* asset = live.find("engine-061");
  ASSERT_NE(asset, nullptr);
  EXPECT_EQ(asset->use_cases, std::vector<std::string>{"turbofan-maintenance"});
  const auto signals = live.signals_of(*asset);
  ASSERT_EQ(signals.size(), 3u);
  EXPECT_EQ(signals[0]->row.signal, "Nf");  // order of the file
  EXPECT_EQ(signals[0]->low, 2000);
  EXPECT_EQ(signals[1]->role, SignalRole::clock);
}

TEST_F(LiveStateTest, AnAssetThatNoUseCaseSelectsIsShownWithoutOne) {
  live.describe("site-1", "press-1", {"Press", {}});
  ASSERT_NE(live.find("site-1", "press-1"), nullptr);
  EXPECT_TRUE(live.find("site-1", "press-1")->use_cases.empty());
  EXPECT_EQ(live.find("site-2", "press-1"), nullptr);
  live.describe("site-1", "engine-061", {"Press", {}});
  EXPECT_TRUE(live.find("engine-061")->use_cases.empty());
  EXPECT_TRUE(std::isnan(live.signals_of(*live.find("engine-061"))[0]->low)) << "no use case says what it may be";
}

TEST_F(LiveStateTest, OfSeveralUseCasesTheOneThatKnowsMostSignalsGivesTheMeaning) {
  UseCase few, many;
  few.name = "efficiency";
  few.assets.type = many.assets.type = "Turbofan";
  few.signals = {{.name = "Nf"}};
  many.name = "wear";
  many.signals = {{.name = "Nf"}, {.name = "cycle", .role = SignalRole::clock}};
  live.set_use_cases({few, many});
  EXPECT_EQ(live.find("engine-061")->use_cases, (std::vector<std::string>{"wear", "efficiency"}));
}

TEST_F(LiveStateTest, StatesFollowTheData) {
  EXPECT_EQ(state(0), AssetState::offline);
  live.update(0, 1'000'000, 7, 0);
  EXPECT_EQ(live.value_of(*live.find("engine-061"), SignalRole::clock), 7);
  EXPECT_EQ(state(2'000'000), AssetState::running);
  EXPECT_EQ(state(20'000'000), AssetState::stale);
  live.update(2, 2'000'000, 1, 0);
  EXPECT_EQ(state(20'000'000), AssetState::overhauled);
  live.update(2, 3'000'000, 2, 0);
  EXPECT_EQ(state(20'000'000), AssetState::failed);
  live.update(2, 4'000'000, 0, 0);
  EXPECT_EQ(state(4'000'000), AssetState::running);
  live.set_online("site-1", "engine-061", false);
  EXPECT_EQ(state(4'000'000), AssetState::offline);
}

TEST_F(LiveStateTest, BacklogDoesNotTurnTheClockBack) {
  live.update(1, 2'000'000, 2380, 0);
  live.update(1, 1'000'000, 1, 0);
  EXPECT_EQ(live.signal(1)->value, 2380);
}

TEST_F(LiveStateTest, QualityIsJudgedByStatusAndAge) {
  EXPECT_EQ(live.quality_of(*live.signal(1), 0), SignalQuality::stale);
  live.update(1, 1'000'000, 2380, status::good);
  EXPECT_EQ(live.quality_of(*live.signal(1), 1'000'000), SignalQuality::good);
  EXPECT_EQ(live.quality_of(*live.signal(1), 12'000'000), SignalQuality::stale);
  live.update(1, 2'000'000, 2380, status::bad_sensor_failure);
  EXPECT_EQ(live.quality_of(*live.signal(1), 2'000'000), SignalQuality::bad);
}

TEST_F(LiveStateTest, AWorkOrderThatHasNotComeIsNoFault) {
  EXPECT_EQ(live.quality_of(*live.signal(2), 0), SignalQuality::good);
  live.update(2, 1'000'000, 0, status::good);
  EXPECT_EQ(live.quality_of(*live.signal(2), 900'000'000), SignalQuality::good);
}

TEST_F(LiveStateTest, ChangesAreTakenOnceAndBounded) {
  for (int i = 0; i < 5; ++i) live.update(1, i, i, 0);
  live.update(0, 1, 1, 0);
  EXPECT_EQ(live.take_changes(1).size(), 1u);
  EXPECT_EQ(live.take_changes(10).size(), 1u);
  EXPECT_TRUE(live.take_changes(10).empty());
}

TEST_F(LiveStateTest, AnEventTellsTheAssetsClockBesideWhatChanged) {
  live.update(0, 1'000'000, 7, 0);
  EXPECT_EQ(live.take_changes(10).size(), 1u);
  live.update(1, 2'000'000, 2380, 0);
  const auto event = json_live_event(live, live.take_changes(10));
  ASSERT_EQ(event["assets"].size(), 1u);
  const auto& asset = event["assets"][0];
  EXPECT_EQ(asset["asset"], "engine-061");
  EXPECT_EQ(asset["clock"], 7);
  EXPECT_EQ(asset["time"], format_time(2'000'000));
  EXPECT_EQ(asset["values"], (nlohmann::json{{"Nf", {2380, 0}}}));
}

TEST_F(LiveStateTest, TheNumberOfSignalsIsBounded) {
  live.declare({100, "site-1", "engine-062", "Nf", "", ""});
  live.update(100, 1, 1, 0);
  EXPECT_EQ(live.find("engine-062"), nullptr);
  EXPECT_EQ(live.ignored_signals(), 1u);
}

TEST_F(LiveStateTest, TheNewestDecisionCounts) {
  DecisionRow decision;
  decision.site = "site-1";
  decision.asset = "engine-061";
  decision.time_us = 5;
  decision.advice = "overhaul";
  live.decide(decision);
  decision.time_us = 4;
  decision.advice = "none";
  live.decide(decision);
  EXPECT_EQ(live.find("engine-061")->decision->advice, "overhaul");
}

}  // namespace
}  // namespace millrace
