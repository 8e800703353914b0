#include "sparkplug/host.hpp"

#include "sparkplug/data_encoder.hpp"
#include "sparkplug/edge_node.hpp"
#include "sparkplug/state.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace millrace::sparkplug {
namespace {

/// One host and one node with a wire in between that can lose, hold and reorder.
struct Bench {
  struct Message {
    std::string topic, payload;
    bool retain;
  };
  std::deque<Message> to_host, from_host;
  std::vector<std::string> births, deaths;
  std::vector<double> values;
  int lost = 0;
  ManualClock clock{1'000'000};

  EdgeNode node{{.group = "plant", .node = "gateway"},
                {.publish = [this](const Publication& out) -> Result<void> {
                   to_host.push_back({std::string(out.topic), std::string(out.payload), out.retain});
                   return {};
                 },
                 .birth =
                     [](std::string_view device, Payload& birth) {
                       if (device.empty()) return;
                       birth.metrics.push_back({.name = "T24", .alias = 1000, .type = DataType::float64, .value = 1.0});
                       birth.metrics.push_back({.name = "T30", .alias = 1001, .type = DataType::float64, .value = 2.0});
                     }}};
  Host host{{.host = "millrace", .reorder_timeout_us = 1'000'000},
            clock,
            {.publish = [this](const Publication& out) -> Result<void> {
               from_host.push_back({std::string(out.topic), std::string(out.payload), out.retain});
               return {};
             },
             .birth =
                 [this](DeviceState& device, const Payload&, TimeUs) {
                   births.push_back(device.device);
                   for (auto& metric : device.metrics.metrics()) metric.tag = metric.name == "T24" ? 24 : 30;
                 },
             .death = [this](DeviceState& device, TimeUs) { deaths.push_back(device.device); },
             .data =
                 [this](DeviceState& device, std::string_view payload, TimeUs) {
                   DataDecoder decoder(payload);
                   for (DataMetric metric; decoder.next(metric);) {
                     const auto* born = device.metrics.find(metric);
                     ASSERT_NE(born, nullptr);
                     EXPECT_EQ(born->tag, 24u);
                     values.push_back(metric.value);
                   }
                 },
             .lost = [this](std::string_view, std::string_view) { ++lost; }}};

  void connect_node() {
    node.testament(clock.now_us());
    node.on_connected(clock.now_us());
  }
  void data(double value) {
    DataEncoder encoder;
    encoder.add({.alias = 1000, .time_ms = 5, .value = value});
    std::string payload(encoder.bytes());
    ASSERT_TRUE(node.publish_data("engine", payload, clock.now_us()));
  }
  void deliver(const Message& message) { host.on_message(message.topic, message.payload, clock.now_us()); }
  void deliver_all() {
    while (!to_host.empty()) {
      auto message = to_host.front();
      to_host.pop_front();
      deliver(message);
    }
  }
  void answer_all() {
    while (!from_host.empty()) {
      node.on_message(from_host.front().topic, from_host.front().payload, clock.now_us());
      from_host.pop_front();
    }
  }
  void start() {
    ASSERT_TRUE(node.add_device("engine", clock.now_us()));
    connect_node();
    deliver_all();
    births.clear();
  }
};

TEST(SparkplugHost, SaysOnlineWithTheTimeOfItsTestament) {
  // tck-id-host-topic-phid-birth-payload-timestamp, -retain, -qos; tck-id-payloads-state-will-message-retain
  Bench bench;
  auto testament = bench.host.testament(5'000'000);
  EXPECT_EQ(testament.topic, "spBv1.0/STATE/millrace");
  EXPECT_TRUE(testament.retain);
  EXPECT_EQ(testament.quality_of_service, 1);
  EXPECT_EQ(testament.payload, R"({"online":false,"timestamp":5000})");
  bench.host.on_connected(6'000'000);
  ASSERT_EQ(bench.from_host.size(), 1u);
  EXPECT_EQ(bench.from_host[0].payload, R"({"online":true,"timestamp":5000})");
  EXPECT_TRUE(bench.from_host[0].retain);
  bench.host.on_message("spBv1.0/STATE/millrace", R"({"online":false,"timestamp":1})", 1);  // a late will
  ASSERT_EQ(bench.from_host.size(), 2u);
  EXPECT_TRUE(parse_state(bench.from_host[1].payload)->online);
  bench.host.stop(7'000'000);
  EXPECT_FALSE(parse_state(bench.from_host.back().payload)->online);
}

TEST(SparkplugHost, ComesBackOnlineThoughItsClockWasSetBack) {
  Bench bench;
  EdgeNode listener({.group = "plant", .node = "other", .primary_host = "millrace"},
                    {.publish = [](const Publication&) -> Result<void> { return {}; }});
  const auto tell = [&](const std::string& state) { listener.on_message("spBv1.0/STATE/millrace", state, 1); };
  listener.on_connected(1);
  tell(bench.host.testament(5'000'000).payload);
  bench.host.on_connected(5'000'000);
  tell(bench.from_host.back().payload);
  ASSERT_TRUE(listener.born());
  const auto will = bench.host.testament(2'000'000);  // tck-id-message-flow-edge-node-birth-publish-phid-wait-timestamp
  tell(will.payload);
  EXPECT_FALSE(listener.born());
  bench.host.on_connected(2'000'000);
  tell(bench.from_host.back().payload);
  EXPECT_TRUE(listener.born());
}

TEST(SparkplugHost, ReadsDataByTheAliasesOfTheBirth) {
  Bench bench;
  bench.start();
  bench.data(3);
  bench.deliver_all();
  EXPECT_EQ(bench.values, (std::vector<double>{3}));
  ASSERT_NE(bench.host.find("plant", "gateway", "engine"), nullptr);
  EXPECT_TRUE(bench.host.find("plant", "gateway", "engine")->online);
}

TEST(SparkplugHost, PutsMessagesInOrder) {
  // tck-id-operational-behavior-host-reordering-success
  Bench bench;
  bench.start();
  for (int i = 0; i < 5; ++i) bench.data(i);
  std::swap(bench.to_host[0], bench.to_host[3]);
  bench.deliver_all();
  EXPECT_EQ(bench.values, (std::vector<double>{0, 1, 2, 3, 4}));
  bench.clock.advance_us(10'000'000);
  bench.host.on_timer(bench.clock.now_us());
  EXPECT_EQ(bench.lost, 0);
}

TEST(SparkplugHost, AsksForRebirthWhenAMessageIsLost) {
  // tck-id-operational-behavior-host-reordering-start, -rebirth;
  // tck-id-operational-behavior-data-commands-ncmd-rebirth-name
  Bench bench;
  bench.start();
  bench.data(0);
  bench.data(1);
  bench.to_host.pop_front();
  bench.deliver_all();
  bench.clock.jump_us(-3'600'000'000);  // how long it has waited is no matter of the wall clock
  bench.clock.advance_us(999'999);
  bench.host.on_timer(bench.clock.now_us());
  EXPECT_EQ(bench.lost, 0);
  bench.clock.advance_us(1);
  bench.host.on_timer(bench.clock.now_us());
  EXPECT_EQ(bench.lost, 1);
  EXPECT_EQ(bench.deaths.size(), 2u);  // stale until born again
  ASSERT_EQ(bench.from_host.size(), 1u);
  EXPECT_EQ(bench.from_host[0].topic, "spBv1.0/plant/NCMD/gateway");
  EXPECT_FALSE(decode(bench.from_host[0].payload)->seq);  // tck-id-payloads-ncmd-seq
  bench.answer_all();
  bench.deliver_all();
  bench.data(2);
  bench.deliver_all();
  EXPECT_EQ(bench.values, (std::vector<double>{2}));
}

TEST(SparkplugHost, TellsALongLossFromReordering) {
  Bench bench;
  bench.start();
  for (int i = 0; i < 200; ++i) bench.data(i);
  bench.to_host.clear();
  for (int i = 0; i < 100; ++i) bench.data(i);
  bench.deliver_all();
  EXPECT_EQ(bench.lost, 1);  // without waiting for the time-out
  EXPECT_TRUE(bench.values.empty());
}

TEST(SparkplugHost, AsksUnknownNodesForBirthButNotTooOften) {
  Bench bench;
  ASSERT_TRUE(bench.node.add_device("engine", 0));
  bench.connect_node();
  bench.to_host.clear();  // the host was not there at the birth
  bench.data(1);
  bench.data(2);
  bench.deliver_all();
  EXPECT_TRUE(bench.values.empty());
  EXPECT_EQ(bench.from_host.size(), 1u);
  bench.answer_all();
  bench.deliver_all();
  bench.data(3);
  bench.deliver_all();
  EXPECT_EQ(bench.values, (std::vector<double>{3}));
}

TEST(SparkplugHost, AsksAgainForABirthAfterAPauseThoughTheClockIsSetBack) {
  Bench bench;
  const auto ask = [&] {
    bench.host.request_rebirth("plant", "gateway", bench.clock.now_us());
    return bench.from_host.size();
  };
  EXPECT_EQ(ask(), 1u);
  bench.clock.jump_us(-3'600'000'000);
  bench.clock.advance_us(4'999'999);
  EXPECT_EQ(ask(), 1u);
  bench.clock.advance_us(1);
  EXPECT_EQ(ask(), 2u);
}

TEST(SparkplugHost, MarksAllStaleAtTheNodesDeath) {
  // tck-id-operational-behavior-edge-node-termination-host-action-ndeath-devices-tags-stale
  Bench bench;
  ASSERT_TRUE(bench.node.add_device("engine", 0));
  auto first = bench.node.testament(1);
  bench.node.on_connected(1);
  bench.deliver_all();
  auto second = bench.node.testament(2);
  bench.node.on_connected(2);
  bench.deliver_all();
  bench.deaths.clear();
  bench.host.on_message(first.topic, first.payload, 3);  // a late will: its bdSeq is not the birth's
  EXPECT_TRUE(bench.deaths.empty());
  bench.host.on_message(second.topic, second.payload, 3);
  EXPECT_EQ(bench.deaths, (std::vector<std::string>{"", "engine"}));
  EXPECT_FALSE(bench.host.find("plant", "gateway")->online);
}

TEST(SparkplugHost, TakesDeviceDeathsAndRebirthsInOrder) {
  Bench bench;
  bench.start();
  bench.node.remove_device("engine", 1);
  bench.deliver_all();
  EXPECT_EQ(bench.deaths, (std::vector<std::string>{"engine"}));
  ASSERT_TRUE(bench.node.add_device("engine", 1));
  bench.deliver_all();
  EXPECT_EQ(bench.births, (std::vector<std::string>{"engine"}));
  bench.deaths.clear();
  bench.host.request_rebirth("plant", "gateway", 1);
  bench.answer_all();
  bench.deliver_all();
  EXPECT_TRUE(bench.deaths.empty());  // a rebirth within a session is no death
  EXPECT_TRUE(bench.host.find("plant", "gateway", "engine")->online);
}

TEST(SparkplugHost, KnowsNothingWithoutBroker) {
  Bench bench;
  bench.start();
  bench.host.on_disconnected(1);
  EXPECT_EQ(bench.deaths.size(), 2u);
}

TEST(SparkplugHost, ListensToTheNodesItIsTold) {
  const ManualClock clock;
  Host all({.host = "h", .group = "plant"}, clock, {});
  EXPECT_EQ(all.subscriptions(), (std::vector<std::string>{"spBv1.0/STATE/h", "spBv1.0/plant/#"}));
  Host some({.host = "h", .group = "plant", .nodes = {"edge-1"}}, clock, {});
  EXPECT_EQ(some.subscriptions(), (std::vector<std::string>{"spBv1.0/STATE/h", "spBv1.0/plant/+/edge-1/#"}));
  EdgeNode other({.group = "plant", .node = "other"}, {.publish = [&](const Publication& out) -> Result<void> {
                   some.on_message(out.topic, out.payload, 1);
                   return {};
                 }});
  other.testament(1);
  other.on_connected(1);
  EXPECT_EQ(some.find("plant", "other"), nullptr);
}

TEST(MetricTable, FindsDenseAndSparseAliases) {
  for (std::uint64_t step : {std::uint64_t{1}, std::uint64_t{1} << 40}) {
    Payload birth;
    for (std::uint64_t i = 0; i < 50; ++i) {
      birth.metrics.push_back({.name = std::to_string(i), .alias = 7 + i * step, .type = DataType::float64});
    }
    MetricTable table;
    table.assign(birth);
    for (std::uint64_t i = 0; i < 50; ++i) {
      ASSERT_NE(table.find(DataMetric{.alias = 7 + i * step, .has_alias = true}), nullptr);
      EXPECT_EQ(table.find(DataMetric{.alias = 7 + i * step, .has_alias = true})->name, std::to_string(i));
      EXPECT_EQ(table.find(DataMetric{.name = birth.metrics[i].name}), table.find(birth.metrics[i].name));
    }
    EXPECT_EQ(table.find(DataMetric{.alias = 6, .has_alias = true}), nullptr);
    EXPECT_EQ(table.find(DataMetric{.alias = 7 + 50 * step, .has_alias = true}), nullptr);
  }
}

}  // namespace
}  // namespace millrace::sparkplug
