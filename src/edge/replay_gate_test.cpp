#include "edge/replay_gate.hpp"

#include "sparkplug/data_encoder.hpp"
#include "sparkplug/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using ::testing::ElementsAre;

class ReplayGateTest : public ::testing::Test {
 protected:
  void row(std::uint64_t time_ms, bool is_historical) {
    sparkplug::DataEncoder encoder;
    encoder.add({.alias = 1, .time_ms = time_ms, .value = 1, .is_historical = is_historical});
    gate_.on_data(asset_, encoder.bytes());
  }
  void answer(std::uint64_t from_ms) {
    std::string payload;
    sparkplug::append_unsigned(payload, sparkplug::names::replay, from_ms, 1);
    gate_.on_data(node_, payload);
  }
  void other_row(std::uint64_t time_ms, bool is_historical) {
    sparkplug::DataEncoder encoder;
    encoder.add({.alias = 1, .time_ms = time_ms, .value = 1, .is_historical = is_historical});
    gate_.on_data(other_, encoder.bytes());
  }
  sparkplug::DeviceState other_{.group = "g", .node = "gateway-2", .device = "b"};
  sparkplug::DeviceState node_{.group = "g", .node = "gateway"}, asset_{.group = "g", .node = "gateway", .device = "a"};
  std::vector<std::uint64_t> times_;
  ReplayGate gate_{[this](sparkplug::DeviceState& device, std::string_view payload) {
                     sparkplug::DataMetric metric;
                     if (sparkplug::DataDecoder(payload).next(metric) && !device.device.empty())
                       times_.push_back(metric.time_ms);
                   },
                   {.patience_us = 100, .held_bytes = 1000}};
};

TEST_F(ReplayGateTest, fresh_rows_follow_those_that_were_missed) {
  row(1, false);
  gate_.ask("gateway", 2, 0);
  row(7, false);
  row(2, true);
  row(3, true);
  answer(3);  // of another request, which began later
  row(8, false);
  EXPECT_THAT(times_, ElementsAre(1, 2, 3));
  answer(2);
  row(9, false);
  EXPECT_THAT(times_, ElementsAre(1, 2, 3, 7, 8, 9));
}

TEST_F(ReplayGateTest, the_earliest_of_several_requests_counts) {
  gate_.ask("gateway", 5, 0);
  gate_.ask("gateway", 2, 0);
  gate_.ask("gateway", 6, 0);
  row(7, false);
  answer(5);
  EXPECT_THAT(times_, ElementsAre());
  answer(1);
  EXPECT_THAT(times_, ElementsAre(7));
}

TEST_F(ReplayGateTest, each_gateway_has_its_own_answer) {
  gate_.ask("gateway", 2, 0);
  gate_.ask("gateway-2", 2, 0);
  row(7, false);
  other_row(8, false);
  answer(2);
  EXPECT_THAT(times_, ElementsAre(7)) << "what the other one was asked for is still to come";
  EXPECT_TRUE(gate_.is_open("gateway"));
  EXPECT_FALSE(gate_.is_open("gateway-2"));
  other_row(2, true);
  EXPECT_FALSE(gate_.on_timer(100));
  EXPECT_THAT(times_, ElementsAre(7, 2, 8));
}

TEST_F(ReplayGateTest, patience_and_memory_end) {
  gate_.ask("gateway", 5, 1000);
  row(7, false);
  EXPECT_TRUE(gate_.on_timer(1099));
  EXPECT_THAT(times_, ElementsAre());
  EXPECT_FALSE(gate_.on_timer(1100));
  EXPECT_THAT(times_, ElementsAre(7));
  gate_.ask("gateway", 5, 2000);
  for (std::uint64_t time_ms = 0; times_.size() == 1; ++time_ms) row(time_ms, false);
  EXPECT_GT(times_.size(), 10u);
  EXPECT_TRUE(gate_.on_timer(9999));
}

}  // namespace
}  // namespace millrace
