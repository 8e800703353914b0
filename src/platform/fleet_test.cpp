#include "platform/fleet.hpp"

#include "metadata/migrations.hpp"
#include "metadata/sqlite/sqlite_database.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

struct FleetTest : testing::Test {
  std::unique_ptr<Database> database = *open_sqlite_database({});
  Result<void> migrated = migrate(*database, 1);
  Fleet open() { return *Fleet::open(*database, {{"edge-1", "site"}}); }
};

TEST_F(FleetTest, ListedDevicesAreKnownBeforeTheyAreSeen) {
  const auto fleet = open();
  EXPECT_EQ(fleet.site_of("edge-1"), "site");
  EXPECT_FALSE(fleet.site_of("edge-2"));
  ASSERT_EQ(fleet.nodes().size(), 1u);
  EXPECT_FALSE(fleet.nodes().begin()->second.online);
}

TEST_F(FleetTest, TheLastReportIsThereAfterARestart) {
  {
    auto fleet = open();
    ASSERT_TRUE(fleet.report("site", "edge-1", {{{"pump", "pump/1", 5}}, {"old"}}, 10));
    ASSERT_TRUE(fleet.report("site", "edge-1", {{{"pump", "pump/2", 6}}, {"a", "b"}}, 20));
    fleet.seen("site", "edge-1", 30);
  }
  const auto fleet = open();
  ASSERT_EQ(fleet.nodes().size(), 1u);
  const auto& node = fleet.nodes().begin()->second;
  EXPECT_EQ(node.last_seen_us, 20) << "nobody saved since";
  EXPECT_FALSE(node.online) << "nobody has heard of it since the start";
  ASSERT_EQ(node.report.active.size(), 1u);
  EXPECT_EQ(node.report.active[0].model_version, "pump/2");
  EXPECT_EQ(node.report.active[0].since_us, 6);
  EXPECT_EQ(node.report.errors, (std::vector<std::string>{"a", "b"}));
}

TEST_F(FleetTest, SignsOfLifeAreSaved) {
  {
    auto fleet = open();
    fleet.online("site", "gateway", true, 7);
    fleet.online("site", "gateway", false, 8);
    ASSERT_TRUE(fleet.save());
  }
  const auto fleet = open();
  EXPECT_EQ(fleet.nodes().at({"site", "gateway"}).last_seen_us, 7);
  EXPECT_EQ(fleet.nodes().at({"site", "edge-1"}).last_seen_us, 0);
}

}  // namespace
}  // namespace millrace
