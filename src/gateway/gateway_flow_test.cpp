// The gateway with everything real around it.
#include "gateway/testing/site.hpp"

namespace millrace {
namespace {

TEST_F(GatewayFlow, EveryPointReachesThePlatformOnce) {
  start_platform();
  start_gateway();
  ASSERT_TRUE(wait([&] { return server_->monitored_items() == 6; }));
  produce(200);
  ASSERT_TRUE(wait_for_all()) << platform_->points.size() << " of " << produced_.size();
  expect_exactly_once();
  ASSERT_TRUE(wait([&] { return metric("millrace_gateway_spool_batches") == "0"; }));
}

TEST_F(GatewayFlow, NothingIsLostOverRestartsAndOutages) {
  start_gateway();
  ASSERT_TRUE(wait([&] { return server_->monitored_items() == 6; }));
  produce(50);  // the platform is not there yet
  ASSERT_TRUE(wait([&] { return metric("millrace_gateway_points_total") == "300"; }));
  stop_gateway();
  produce(50);  // nobody reads: history
  start_gateway();
  start_platform(false);  // it hears, but its acknowledgements are lost
  ASSERT_TRUE(wait_for_all());
  ASSERT_TRUE(wait([&] { return platform_->repeated_batches > 0; }));
  platform_broker_->kill();
  produce(50);
  ASSERT_TRUE(platform_broker_->restart());
  start_platform(true);
  ASSERT_TRUE(wait_for_all()) << platform_->points.size() << " of " << produced_.size();
  ASSERT_TRUE(wait([&] { return metric("millrace_gateway_spool_batches") == "0"; }));
  expect_exactly_once();
  EXPECT_GT(platform_->historical, 0u);
}

TEST_F(GatewayFlow, TwoReadingsOfOneMillisecondAreKeptAlsoFromHistory) {
  start_platform();
  start_gateway();
  ASSERT_TRUE(wait([&] { return server_->monitored_items() == 6; }));
  produce(1);
  produce(1, 400);
  ASSERT_TRUE(wait([&] { return platform_->repeated_points == 6; }));  // by ms: the second readings
  stop_gateway();
  produce(1, 400);  // the third of that millisecond, and two of the next: nobody reads
  produce(1);
  produce(1, 100);
  start_gateway();
  ASSERT_TRUE(wait([&] { return platform_->repeated_points == 18; })) << platform_->repeated_points;
  ASSERT_TRUE(wait([&] { return metric("millrace_gateway_spool_batches") == "0"; }));
  EXPECT_EQ(platform_->points, produced_);
  EXPECT_EQ(platform_->repeated_points, 18u);
}

TEST_F(GatewayFlow, AFullSpoolWritesDownExactlyWhatIsMissing) {
  config_.uplink.spool.limit_bytes = 60'000;
  start_gateway();
  ASSERT_TRUE(wait([&] { return server_->monitored_items() == 6; }));
  std::size_t rows = 0;
  while (metric("millrace_gateway_spool_gaps_total") == "0" && rows < 5000) {
    produce(20);
    rows += 20;
    ASSERT_TRUE(wait([&] { return metric("millrace_gateway_points_total") == std::to_string(rows * 6); }));
  }
  start_platform();
  ASSERT_TRUE(wait([&] { return metric("millrace_gateway_spool_batches") == "0" && !platform_->points.empty(); }));
  std::uint64_t dropped = 0;
  for (const auto& gap : platform_->gaps) dropped += gap.points;
  EXPECT_GT(dropped, 0u);
  EXPECT_EQ(platform_->points.size() + dropped, produced_.size());
  EXPECT_EQ(platform_->repeated_points, 0u);
}

TEST_F(GatewayFlow, ARejectingSpoolReadsTheHistoryLater) {
  config_.uplink.spool = {.limit_bytes = 60'000, .on_full = SpoolFullPolicy::reject};
  start_gateway();
  ASSERT_TRUE(wait([&] { return server_->monitored_items() == 6; }));
  std::size_t rows = 0;
  while (metric("millrace_gateway_points_not_spooled_total") == "0" && rows < 5000) {
    produce(20);
    rows += 20;
    ASSERT_TRUE(wait([&] { return metric("millrace_gateway_points_total") == std::to_string(rows * 6); }));
  }
  start_platform();
  ASSERT_TRUE(wait_for_all()) << platform_->points.size() << " of " << produced_.size();
  expect_exactly_once();
  EXPECT_TRUE(platform_->gaps.empty());
}

TEST_F(GatewayFlow, DecisionsGoToThePlatformAndAdviceToTheMachine) {
  start_platform();
  start_gateway();
  ASSERT_TRUE(wait([&] { return server_->monitored_items() == 6; }));
  Edge edge(loop_, *site_broker_);
  ASSERT_TRUE(wait([&] { return edge.born() && metric("millrace_gateway_site_connected") == "1"; }));
  // The gateway may not have heard the birth yet; then it asks for one, and the edge sends again until acknowledged.
  ASSERT_TRUE(wait([&] {
    if (edge.born()) edge.decide("overhaul", 1);
    return !edge.acknowledged.empty();
  }));
  edge.decide("none", 2);
  ASSERT_TRUE(wait([&] { return platform_->decisions.size() >= 2; }));
  EXPECT_EQ(platform_->decisions.size(), 2u);  // batch 1 was repeated, and is there once
  ASSERT_TRUE(wait([&] { return !writes_.empty(); }));
  for (const auto& write : writes_) EXPECT_EQ(write, std::pair(variables_["engine-1.Advice"], 1.0));
}

TEST_F(GatewayFlow, ARestartedEdgeGetsTheNewestRowsAgain) {
  start_platform();
  start_gateway();
  ASSERT_TRUE(wait([&] { return server_->monitored_items() == 6; }));
  Edge edge(loop_, *site_broker_);
  ASSERT_TRUE(wait([&] { return edge.born() && metric("millrace_gateway_site_connected") == "1"; }));
  produce(100);
  ASSERT_TRUE(wait([&] { return edge.live + edge.historical >= 600; })) << edge.live;
  auto before = edge.historical;  // a part may have come from the server's history
  edge.ask_for_replay(sparkplug::to_ms(time_us_) - 10'000);
  ASSERT_TRUE(wait([&] { return edge.historical >= before + 600; })) << edge.historical;
}

}  // namespace
}  // namespace millrace
