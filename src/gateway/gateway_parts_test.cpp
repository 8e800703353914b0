#include "gateway/alias_table.hpp"
#include "gateway/config.hpp"
#include "gateway/marks.hpp"
#include "gateway/plan.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(AssetIds, CountThroughARange) {
  auto ids = expand_asset_ids("engine-061..engine-100");
  ASSERT_TRUE(ids);
  EXPECT_EQ(ids->size(), 40u);
  EXPECT_EQ(ids->front(), "engine-061");
  EXPECT_EQ(ids->back(), "engine-100");
  EXPECT_EQ(expand_asset_ids("7..9").value(), (std::vector<std::string>{"7", "8", "9"}));
  EXPECT_EQ(expand_asset_ids("press").value(), (std::vector<std::string>{"press"}));
  for (const auto* text : {"", "a1..b2", "a2..a1", "a..b", "..", "a1..", "..a1", "a1..a99999999"}) {
    EXPECT_FALSE(expand_asset_ids(text)) << text;
  }
}

TEST(AliasTable, NeverGivesAnAliasTwice) {
  AliasTable table;
  EXPECT_EQ(table.assign("a", "x"), 1u);
  EXPECT_EQ(table.assign("b", "x"), 2u);
  EXPECT_EQ(table.assign("a", "x"), 1u);
  auto back = AliasTable::parse(table.to_text());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->assign("b", "x"), 2u);
  EXPECT_EQ(back->assign("c", "x"), 3u);
  for (const auto* text : {"", "{}", R"({"next":1,"assets":{"a":{"x":5}}})", R"({"next":"1","assets":{}})"}) {
    EXPECT_FALSE(AliasTable::parse(text)) << text;
  }
}

TEST(Marks, TakeTwoBytesWhereTimesAreEqual) {
  std::vector<Mark> marks;
  for (std::uint64_t i = 0; i < 200; ++i) marks.push_back({1000 + i, 1'700'000'000'000'000});
  marks.push_back({5000, 3});
  std::string bytes;
  encode_marks(bytes, marks);
  EXPECT_LT(bytes.size(), 430u);
  EXPECT_EQ(decode_marks(bytes).value(), marks);
  EXPECT_FALSE(decode_marks(bytes.substr(0, bytes.size() - 1)));
  encode_marks(bytes, {});
  EXPECT_TRUE(decode_marks(bytes)->empty());
}

// 1'700'000'000'000 ms for alias 5, 1 ms less for alias 6, as the first spools held them.
TEST(Marks, OfAnOlderSpoolStandForTheirWholeMillisecond) {
  const std::string bytes("\x80\xd0\x95\xff\xbc\x31\x05\x00\x01\x01", 10);
  EXPECT_EQ(decode_marks(bytes).value(), (std::vector<Mark>{{5, 1'700'000'000'000'999}, {6, 1'699'999'999'999'999}}));
  EXPECT_TRUE(decode_marks(std::string(1, '\0'))->empty());
}

UseCase turbofan() {
  UseCase use_case;
  use_case.name = "maintenance";
  use_case.assets = {.type = "Turbofan", .tag = "engine"};
  use_case.signals = {
      {.name = "T24", .unit = "degR", .opcua = "nsu=urn:p;s={asset}.T24", .range = std::pair{600.0, 700.0}},
      {.name = "cycle", .role = SignalRole::clock, .opcua = "nsu=urn:p;s={asset}.cycle"},
      {.name = "by_hand"}};
  use_case.decision.write = UseCase::Write{.opcua = "nsu=urn:p;s={asset}.Advice", .value = 1};
  return use_case;
}

std::vector<ConnectionConfig> one_connection() {
  std::vector<ConnectionConfig> connections(1);
  connections[0].assets = {{.ids = {"e1", "e2"}, .type = "Turbofan", .tags = {"engine"}},
                           {.ids = {"press"}, .type = "Press"}};
  connections[0].name = "line";
  connections[0].writable = {{.node = "nsu=urn:p;s={asset}.Advice"},
                             {.node = "nsu=urn:p;s={asset}.Speed", .has_range = true, .low = 0, .high = 100}};
  return connections;
}

TEST(AcquisitionPlan, LaysUseCasesOverConnections) {
  auto plan = make_acquisition_plan("plant", one_connection(), {turbofan()});
  EXPECT_TRUE(plan.problems.empty());
  ASSERT_EQ(plan.assets.size(), 3u);
  EXPECT_EQ(plan.catalogue.size(), 4u);
  ASSERT_EQ(plan.items[0].size(), 4u);
  EXPECT_EQ(plan.items[0][2].node, "nsu=urn:p;s=e2.T24");
  EXPECT_EQ(plan.asset_of[plan.items[0][2].signal], 1u);
  EXPECT_EQ(plan.limits[0].high, 700);
  EXPECT_EQ((plan.writes.at({"maintenance", "e2"}).node.node), "nsu=urn:p;s=e2.Advice");
  ASSERT_NE(plan.find("press"), nullptr);  // it is announced, so that people see that no use case wants it
  EXPECT_TRUE(plan.find("press")->signals.empty());
  EXPECT_EQ(plan.find("e1")->properties, (sparkplug::AssetProperties{"Turbofan", {"engine"}}));
}

TEST(AcquisitionPlan, SaysWhatDoesNotFit) {
  auto other = turbofan();
  other.name = "efficiency";
  other.signals[0].opcua = "nsu=urn:p;s={asset}.Other";
  auto site = turbofan();
  site.name = "elsewhere";
  site.assets.site = "other-plant";
  auto plan = make_acquisition_plan("plant", one_connection(), {turbofan(), other, site});
  EXPECT_EQ(plan.catalogue.size(), 4u);
  ASSERT_EQ(plan.problems.size(), 3u);  // T24 of both engines, and nobody for `elsewhere`
  EXPECT_NE(plan.problems[0].find("T24"), std::string::npos);
  EXPECT_NE(plan.problems[2].find("elsewhere"), std::string::npos);
}

TEST(AcquisitionPlan, WritesOnlyWhatTheGatewayAllowsAndOnlyWithinItsBounds) {
  const auto planned = [](const char* node, bool is_setpoint, double high, double value = 1) {
    auto use_case = turbofan();
    use_case.decision.write = UseCase::Write{.opcua = node, .value = value};
    use_case.decision.is_setpoint = is_setpoint;
    use_case.decision.envelope = UseCase::Envelope{.low = 0, .high = high};
    return make_acquisition_plan("plant", one_connection(), {use_case});
  };
  const char* speed = "nsu=urn:p;s={asset}.Speed";
  EXPECT_EQ(planned(speed, true, 100).setpoints.size(), 2u);
  EXPECT_TRUE(planned(speed, true, 100).problems.empty());
  struct Case {
    const char* node;
    bool is_setpoint;
    double high, value;
    const char* why;
  };
  for (const auto& [node, is_setpoint, high, value, why] :
       {Case{speed, true, 101, 1, "allows 0 to 100"}, Case{"nsu=urn:p;s={asset}.Advice", true, 1, 1, "no low and high"},
        Case{"nsu=urn:p;s={asset}.Interlock", true, 1, 1, "never a safety node"},
        Case{"nsu=urn:p;s={asset}.Interlock", false, 1, 1, "never a safety node"},
        Case{speed, false, 1, 500, "allows 0 to 100"}}) {
    const auto plan = planned(node, is_setpoint, high, value);
    EXPECT_TRUE(plan.setpoints.empty() && plan.writes.empty()) << why;
    ASSERT_EQ(plan.problems.size(), 1u) << "once, not for each asset";
    EXPECT_NE(plan.problems[0].find(why), std::string::npos) << plan.problems[0];
  }
}

TEST(AcquisitionPlan, ASetpointHasOneMaster) {
  auto one = turbofan(), other = turbofan();
  one.decision.write->opcua = other.decision.write->opcua = "nsu=urn:p;s={asset}.Speed";
  one.decision.is_setpoint = true;
  one.decision.envelope = UseCase::Envelope{.low = 0, .high = 1};
  other.name = "other";
  const auto plan = make_acquisition_plan("plant", one_connection(), {one, other});
  EXPECT_EQ(plan.setpoints.size(), 2u);
  EXPECT_TRUE(plan.writes.empty());
}

}  // namespace
}  // namespace millrace
