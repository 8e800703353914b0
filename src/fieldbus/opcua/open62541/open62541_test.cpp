#include "fieldbus/opcua/open62541/testing/server_and_client.hpp"

#include <gmock/gmock.h>
#include <cmath>
#include <limits>

namespace millrace::opcua {
namespace {

using ::testing::HasSubstr;

class OpcUaPolicy : public OpcUa, public testing::WithParamInterface<SecurityPolicy> {};
INSTANTIATE_TEST_SUITE_P(Both, OpcUaPolicy,
                         testing::Values(SecurityPolicy::basic256_sha256, SecurityPolicy::aes256_sha256_rsa_pss),
                         [](const auto& policy) { return std::string(to_string(policy.param)); });

TEST_P(OpcUaPolicy, CarriesValuesStatusAndBothTimes) {
  client_options_.security_policy = GetParam();
  const auto real = variable("real");
  const auto whole = variable("whole", ValueType::int32);
  const auto flag = variable("flag", ValueType::boolean);
  start_server();
  start_client({{10, node("real")}, {11, node("whole")}, {12, node("flag")}});
  ASSERT_TRUE(wait_subscribed(3)) << said();
  const TimeUs t = clock_.now_us() / 1000 * 1000;
  const std::vector<ServerValue> first = {
      {real, status::uncertain_last_usable_value, t, 1.5}, {whole, status::good, t, -7}, {flag, status::good, t, 1}};
  server_->write(first);
  const std::vector<ServerValue> second = {
      {real, status::bad_sensor_failure, t + 1000, std::numeric_limits<double>::quiet_NaN()},
      {whole, status::good, t + 1000, -7}};
  server_->write(second);
  ASSERT_TRUE(wait([&] { return samples_.size() >= 5; })) << said();
  std::map<std::pair<SignalIndex, TimeUs>, Sample> got;
  for (const Sample& sample : samples_) got[{sample.signal, sample.source_time_us - t}] = sample;
  EXPECT_EQ((got[{10, 0}].value), 1.5);
  EXPECT_EQ((got[{10, 0}].status), status::uncertain_last_usable_value);
  EXPECT_GE((got[{10, 0}].server_time_us), t);
  EXPECT_EQ((got[{11, 0}].value), -7);
  EXPECT_EQ((got[{12, 0}].value), 1);
  EXPECT_TRUE(std::isnan(got[{10, 1000}].value));
  EXPECT_EQ((got[{10, 1000}].status), status::bad_sensor_failure);
  EXPECT_EQ((got[{11, 1000}].value), -7) << "an unchanged value with a new time is a reading";
  EXPECT_EQ(samples_.size(), 5u) << "variables without a value give no reading";
}

TEST_F(OpcUa, UnreachableServerIsNamed) {
  client_options_.endpoint_url = "opc.tcp://127.0.0.1:1";
  start_client({});
  ASSERT_TRUE(wait([&] { return !said_.empty(); }));
  EXPECT_THAT(said_[0], HasSubstr("cannot reach the OPC UA server at opc.tcp://127.0.0.1:1"));
}

TEST_F(OpcUa, AnOverrunQueueIsReadFromHistory) {
  client_options_.queue_size = 2;
  client_options_.publishing_interval_us = 100'000;
  const auto index = variable("fast");
  start_server();
  start_client({{0, node("fast")}});
  ASSERT_TRUE(wait_subscribed(1)) << said();
  const TimeUs t = clock_.now_us() / 1000 * 1000;
  std::vector<TimeUs> expected;
  const auto write = [&](int k) {
    const std::vector<ServerValue> value = {{index, status::good, t + k * 1000, static_cast<double>(k)}};
    server_->write(value);
    expected.push_back(t + k * 1000);
  };
  write(0);
  ASSERT_TRUE(wait([&] { return samples_.size() == 1; })) << said();
  for (int k = 1; k < 5000; ++k) write(k);
  ASSERT_TRUE(wait([&] { return samples_.size() >= expected.size(); }))
      << samples_.size() << " samples, " << client_->counters().publish_responses << " responses, "
      << client_->counters().overflows << " overflows, " << client_->counters().repeated_samples << " repeated\n"
      << said();
  expect_times(0, expected);
  EXPECT_TRUE(wait([&] { return client_->counters().overflows > 0; }));
}

TEST_F(OpcUa, WhatWasMissedWhileTheClientWasAwayComesFromHistoryInOrderOfTime) {
  std::vector<VariableIndex> indices;
  std::vector<Item> items;
  for (SignalIndex k = 0; k < 30; ++k) {
    indices.push_back(variable("v" + std::to_string(k)));
    items.push_back({k, node("v" + std::to_string(k))});
  }
  start_server();
  const TimeUs t = clock_.now_us() / 1000 * 1000;
  std::vector<TimeUs> expected;
  const auto write = [&](int count) {
    for (int n = 0; n < count; ++n) {
      expected.push_back(t + static_cast<TimeUs>(expected.size()) * 1000);
      std::vector<ServerValue> row;
      for (const auto index : indices) row.push_back({index, status::good, expected.back(), 1});
      server_->write(row);
    }
  };
  write(500);
  start_client(items);
  ASSERT_TRUE(wait([&] { return samples_.size() >= indices.size() * 500; })) << samples_.size() << said();
  client_->stop();
  write(1500);
  start_client(items);
  ASSERT_TRUE(wait_subscribed(30));
  write(100);
  ASSERT_TRUE(wait([&] { return samples_.size() >= indices.size() * 2100; })) << samples_.size() << said();
  for (SignalIndex k = 0; k < 30; ++k) expect_times(k, expected);
  EXPECT_TRUE(std::ranges::is_sorted(samples_, {}, &Sample::source_time_us)) << "rows of many signals must not be torn";
}

TEST_F(OpcUa, AServerThatRestartsWithOtherNamespaceIndicesIsFoundAgain) {
  const auto index = variable("x");
  start_server();
  start_client({{0, node("x")}});
  ASSERT_TRUE(wait_subscribed(1));
  TimeUs t = clock_.now_us() / 1000 * 1000;
  std::vector<TimeUs> expected;
  const auto write = [&] {
    const std::vector<ServerValue> value = {{index, status::good, t += 1000, 1}};
    expected.push_back(t);
    server_->write(value);
  };
  write();
  ASSERT_TRUE(wait([&] { return samples_.size() == 1; }));
  server_->stop();
  write();
  server_->set_namespaces({"urn:first", "urn:second", plant});
  ASSERT_TRUE(server_->start());
  ASSERT_TRUE(wait_subscribed(1)) << said();
  write();
  ASSERT_TRUE(wait([&] { return samples_.size() >= 3; })) << said();
  expect_times(0, expected);
  EXPECT_EQ(client_->counters().sessions, 2u);
}

TEST_F(OpcUa, MissingNodesAreReportedAndTriedAgain) {
  variable("x");
  start_server();
  start_client({{0, node("x")}, {1, node("late")}, {2, "nsu=urn:nowhere;s=x"}});
  ASSERT_TRUE(wait([&] { return !unresolved_.empty(); })) << said();
  ASSERT_EQ(unresolved_[0].size(), 2u);
  EXPECT_THAT(unresolved_[0][0].reason, HasSubstr("BadNodeIdUnknown"));
  EXPECT_THAT(unresolved_[0][1].reason, HasSubstr("no namespace \"urn:nowhere\""));
  const auto late = variable("late");
  ASSERT_TRUE(wait([&] { return unresolved_.size() == 2; }));
  EXPECT_EQ(unresolved_[1].size(), 1u);
  const std::vector<ServerValue> value = {{late, status::good, clock_.now_us(), 5}};
  server_->write(value);
  EXPECT_TRUE(wait([&] { return !samples_.empty() && samples_.back().signal == 1; })) << said();
}

TEST_F(OpcUa, WritesReachTheServerAndRefusalsTheCaller) {
  const auto advice = variable("Advice", ValueType::int32, true);
  variable("fixed");
  std::vector<std::pair<VariableIndex, double>> written;
  start_server();
  server_->on_write([&](VariableIndex index, double value) { written.emplace_back(index, value); });
  start_client({});
  ASSERT_TRUE(wait([&] { return connected_; }));
  std::vector<Result<double>> outcomes;
  const auto done = [&](const Result<double>& outcome) { outcomes.push_back(outcome); };
  client_->write(node("Advice"), 1, done);
  client_->write(node("fixed"), 1, done);
  client_->write(node("missing"), 1, done);
  ASSERT_TRUE(wait([&] { return outcomes.size() == 3 && !written.empty(); })) << said();
  ASSERT_TRUE(outcomes[0]) << outcomes[0].error().message;
  EXPECT_EQ(*outcomes[0], 1) << "what was read back";
  EXPECT_FALSE(outcomes[1]);
  EXPECT_FALSE(outcomes[2]);
  EXPECT_THAT(written, testing::ElementsAre(std::pair<VariableIndex, double>(advice, 1.0)));
}

TEST_F(OpcUa, MalformedNodeIdsAreRefusedAtOnce) {
  client_ = make_open62541_client(loop_, client_options_);
  const auto outcome = client_->subscribe({{0, "ns=2;s=x"}});
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("nsu=URI"));
}

}  // namespace
}  // namespace millrace::opcua
