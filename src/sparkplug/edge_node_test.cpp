#include "sparkplug/edge_node.hpp"

#include "sparkplug/data_encoder.hpp"
#include "sparkplug/state.hpp"

#include <gtest/gtest.h>

#include <set>

namespace millrace::sparkplug {
namespace {

struct Sent {
  std::string topic;
  Payload payload;
  int quality_of_service;
  bool retain;
};

struct Bench {
  std::vector<Sent> sent;
  std::vector<bool> born;
  std::vector<Payload> commands;
  std::vector<std::string> problems;
  bool refuse = false;
  std::size_t room = SIZE_MAX;  ///< bytes that are taken until it is full
  EdgeNode node;

  explicit Bench(EdgeNodeOptions options = {.group = "plant", .node = "gateway"})
      : node(std::move(options),
             {.publish = [this](const Publication& out) -> Result<void> {
                if (refuse || out.payload.size() > room) return fail(ErrorCode::exhausted, "full");
                room -= out.payload.size();
                sent.push_back(
                    {std::string(out.topic), decode(out.payload).value(), out.quality_of_service, out.retain});
                return {};
              },
              .birth =
                  [](std::string_view device, Payload& birth) {
                    if (device.empty()) return;
                    birth.metrics.push_back({.name = "T24", .alias = 1, .type = DataType::float64, .value = 641.0});
                  },
              .command = [this](std::string_view, const Payload& payload) { commands.push_back(payload); },
              .on_born = [this](bool now) { born.push_back(now); },
              .on_problem = [this](const Error& why) { problems.push_back(why.message); }}) {}

  void connect() {
    node.testament(1'000'000);
    node.on_connected(1'000'000);
  }
  Result<void> data() {
    DataEncoder encoder;
    encoder.add({.alias = 1, .time_ms = 5, .value = 2});
    std::string payload(encoder.bytes());
    return node.publish_data("engine", payload, 2'000'000);
  }
  void rebirth() {
    Payload wish;
    wish.metrics.push_back(boolean_metric("Node Control/Rebirth", true, 1));
    node.on_message("spBv1.0/plant/NCMD/gateway", encode(wish), 3'000'000);
  }
};

TEST(EdgeNode, IsBornWithTheNumberOfItsTestament) {
  // tck-id-topics-nbirth-bdseq-matching, tck-id-payloads-ndeath-will-message-qos, ...-retain,
  // tck-id-payloads-ndeath-seq
  Bench bench;
  ASSERT_TRUE(bench.node.add_device("engine", 0));
  for (int connection = 0; connection < 258; ++connection) {
    bench.sent.clear();
    auto testament = bench.node.testament(1'000'000);
    EXPECT_EQ(testament.topic, "spBv1.0/plant/NDEATH/gateway");
    EXPECT_EQ(testament.quality_of_service, 1);
    EXPECT_FALSE(testament.retain);
    auto death = decode(testament.payload).value();
    EXPECT_FALSE(death.seq);
    ASSERT_EQ(death.metrics.size(), 1u);  // tck-id-topics-ndeath-payload
    bench.node.on_connected(1'000'000);
    ASSERT_EQ(bench.sent.size(), 2u);
    const auto& birth = bench.sent[0];
    EXPECT_EQ(birth.topic, "spBv1.0/plant/NBIRTH/gateway");
    EXPECT_EQ(birth.quality_of_service, 0);  // tck-id-payloads-nbirth-qos
    EXPECT_FALSE(birth.retain);              // tck-id-payloads-nbirth-retain
    EXPECT_EQ(birth.payload.seq, 0u);        // tck-id-topics-nbirth-seq-num
    EXPECT_EQ(birth.payload.time_ms, 1000u);
    EXPECT_EQ(birth.payload.find("bdSeq")->value, Value(std::int64_t{connection % 256}));
    EXPECT_EQ(birth.payload.find("bdSeq")->value, death.find("bdSeq")->value);
    EXPECT_EQ(birth.payload.find("Node Control/Rebirth")->value, Value(false));  // tck-id-topics-nbirth-rebirth-metric
    EXPECT_FALSE(birth.payload.find("Node Control/Rebirth")->alias);             // ...-rebirth-name-aliases
    EXPECT_EQ(bench.sent[1].topic, "spBv1.0/plant/DBIRTH/gateway/engine");
    EXPECT_EQ(bench.sent[1].payload.seq, 1u);  // tck-id-topics-dbirth-seq
    bench.node.on_disconnected();
  }
}

TEST(EdgeNode, CountsEveryMessageModulo256) {
  // tck-id-payloads-sequence-num-incrementing
  Bench bench;
  ASSERT_TRUE(bench.node.add_device("engine", 0));
  EXPECT_EQ(bench.data().error().code, ErrorCode::failed_precondition);
  bench.connect();
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(bench.data());
  for (std::size_t i = 0; i < bench.sent.size(); ++i) EXPECT_EQ(bench.sent[i].payload.seq, i % 256);
  EXPECT_EQ(bench.sent.back().topic, "spBv1.0/plant/DDATA/gateway/engine");
  EXPECT_EQ(bench.sent.back().payload.time_ms, 2000u);
}

TEST(EdgeNode, CountsNothingThatWasNotSent) {
  Bench bench;
  ASSERT_TRUE(bench.node.add_device("engine", 0));
  bench.connect();
  bench.refuse = true;
  EXPECT_EQ(bench.data().error().code, ErrorCode::exhausted);
  bench.refuse = false;
  ASSERT_TRUE(bench.data());
  EXPECT_EQ(bench.sent.back().payload.seq, 2u);
}

TEST(EdgeNode, IsBornAgainWhenAsked) {
  // tck-id-operational-behavior-data-commands-rebirth-action-2, -3: the same bdSeq, sequence from 0
  Bench bench;
  ASSERT_TRUE(bench.node.add_device("engine", 0));
  bench.connect();
  ASSERT_TRUE(bench.data());
  bench.sent.clear();
  bench.rebirth();
  ASSERT_EQ(bench.sent.size(), 2u);
  EXPECT_EQ(bench.sent[0].payload.find("bdSeq")->value, Value(std::int64_t{0}));
  EXPECT_EQ(bench.sent[0].payload.seq, 0u);
  EXPECT_EQ(bench.born, (std::vector<bool>{true, false, true}));
  EXPECT_TRUE(bench.commands.empty());
}

TEST(EdgeNode, BirthsThatTheConnectionDoesNotTakeGoOnWhereTheyStopped) {
  // tck-id-topics-nbirth-seq-num, tck-id-payloads-dbirth-seq-inc, -order
  Bench bench;
  for (int i = 100; i < 200; ++i) ASSERT_TRUE(bench.node.add_device("engine-" + std::to_string(i), 0));
  bench.refuse = true;
  bench.connect();
  EXPECT_TRUE(bench.sent.empty());
  bench.refuse = false;
  bench.room = 0;
  int turns = 0;
  for (; !bench.node.born() && turns < 1000; ++turns) {
    bench.node.on_timer(1'000'000);
    if (turns == 5) {
      EXPECT_EQ(bench.data().error().code, ErrorCode::failed_precondition);
      ASSERT_TRUE(bench.node.add_device("engine", 0));  // before those that are born already
    }
    bench.room = 300;
  }
  EXPECT_GT(turns, 5);
  ASSERT_EQ(bench.sent.size(), 102u);
  EXPECT_EQ(bench.sent[0].topic, "spBv1.0/plant/NBIRTH/gateway");
  std::set<std::string> topics;
  for (std::size_t i = 0; i < bench.sent.size(); ++i) {
    EXPECT_EQ(bench.sent[i].payload.seq, i) << bench.sent[i].topic;
    EXPECT_TRUE(topics.insert(bench.sent[i].topic).second) << bench.sent[i].topic;
  }
  EXPECT_TRUE(topics.contains("spBv1.0/plant/DBIRTH/gateway/engine-199"));
  EXPECT_EQ(bench.problems, (std::vector<std::string>{"101 births wait: full"}));
  EXPECT_EQ(bench.born, (std::vector<bool>{true}));
  bench.room = SIZE_MAX;
  ASSERT_TRUE(bench.data());
  EXPECT_EQ(bench.sent.back().payload.seq, 102u);
}

TEST(EdgeNode, BirthsThatWaitEndWithTheConnectionAndBeginAnewWithARebirth) {
  Bench bench;
  for (const auto* name : {"a", "b", "c"}) ASSERT_TRUE(bench.node.add_device(name, 0));
  bench.room = 100;
  bench.connect();
  const auto taken = bench.sent.size();
  ASSERT_GT(taken, 0u);
  ASSERT_LT(taken, 4u);
  bench.room = 1000;
  bench.rebirth();
  EXPECT_TRUE(bench.node.born());
  ASSERT_EQ(bench.sent.size(), taken + 4);
  EXPECT_EQ(bench.sent[taken].payload.seq, 0u);
  bench.room = 100;
  bench.rebirth();
  bench.node.on_disconnected();
  bench.room = 1000;
  const auto before = bench.sent.size();
  bench.node.on_timer(0);
  EXPECT_EQ(bench.sent.size(), before);
}

TEST(EdgeNode, ADeviceThatTheConnectionDoesNotTakeIsBornLater) {
  Bench bench;
  bench.connect();
  bench.refuse = true;
  ASSERT_TRUE(bench.node.add_device("engine", 0));
  bench.refuse = false;
  EXPECT_EQ(bench.data().error().code, ErrorCode::failed_precondition) << "no data without a birth";
  bench.node.on_timer(0);
  EXPECT_EQ(bench.sent.back().topic, "spBv1.0/plant/DBIRTH/gateway/engine");
  EXPECT_TRUE(bench.data());
  bench.refuse = true;
  bench.rebirth();
  bench.refuse = false;
  bench.node.stop(0);
  EXPECT_EQ(bench.sent.back().topic, "spBv1.0/plant/NDEATH/gateway") << "the host knows it from its first birth";
}

TEST(EdgeNode, HandsOtherCommandsOver) {
  Bench bench;
  bench.connect();
  Payload command;
  command.metrics.push_back(text_metric("Millrace/Acked", "1-5", 1));
  EXPECT_TRUE(bench.node.on_message("spBv1.0/plant/NCMD/gateway", encode(command), 1));
  EXPECT_FALSE(bench.node.on_message("spBv1.0/plant/NCMD/other", encode(command), 1));
  EXPECT_FALSE(bench.node.on_message("spBv1.0/plant/NDATA/gateway", encode(command), 1));
  EXPECT_TRUE(bench.node.on_message("spBv1.0/plant/NCMD/gateway", "nonsense", 1));
  EXPECT_EQ(bench.commands.size(), 1u);
}

TEST(EdgeNode, BearsAndBuriesDevicesWhileItLives) {
  Bench bench;
  bench.connect();
  ASSERT_TRUE(bench.node.add_device("engine", 0));
  EXPECT_EQ(bench.sent.back().topic, "spBv1.0/plant/DBIRTH/gateway/engine");
  bench.node.remove_device("engine", 0);
  EXPECT_EQ(bench.sent.back().topic, "spBv1.0/plant/DDEATH/gateway/engine");
  EXPECT_EQ(bench.sent.back().payload.seq, 2u);  // tck-id-payloads-ddeath-seq-inc
  EXPECT_FALSE(bench.node.add_device("a/b", 0));
}

TEST(EdgeNode, SaysFarewellBeforeAWantedDisconnect) {
  // tck-id-operational-behavior-edge-node-intentional-disconnect-ndeath
  Bench bench;
  bench.connect();
  bench.node.stop(9'000'000);
  EXPECT_EQ(bench.sent.back().topic, "spBv1.0/plant/NDEATH/gateway");
  EXPECT_FALSE(bench.sent.back().payload.seq);
  EXPECT_FALSE(bench.node.born());
}

TEST(EdgeNode, WaitsForItsPrimaryHost) {
  // tck-id-message-flow-edge-node-birth-publish-phid-wait, -wait-online, -wait-timestamp, -offline
  Bench bench({.group = "plant", .node = "gateway", .primary_host = "platform"});
  ASSERT_EQ(bench.node.subscriptions().back(), "spBv1.0/STATE/platform");
  bench.connect();
  EXPECT_TRUE(bench.sent.empty());
  auto say = [&](bool online, std::uint64_t time_ms) {
    bench.node.on_message("spBv1.0/STATE/platform", format_state({online, time_ms}), 1);
  };
  say(false, 10);
  EXPECT_TRUE(bench.sent.empty());
  bench.node.on_message("spBv1.0/STATE/other", format_state({true, 99}), 1);
  bench.node.on_message("spBv1.0/STATE/platform", "online", 1);
  EXPECT_TRUE(bench.sent.empty());
  say(true, 20);
  ASSERT_EQ(bench.sent.size(), 1u);
  EXPECT_EQ(bench.sent[0].topic, "spBv1.0/plant/NBIRTH/gateway");
  say(false, 15);  // the late will of an earlier life
  EXPECT_TRUE(bench.node.born());
  say(false, 20);
  EXPECT_FALSE(bench.node.born());
  EXPECT_EQ(bench.sent.back().topic, "spBv1.0/plant/NDEATH/gateway");
  say(true, 30);
  EXPECT_TRUE(bench.node.born());
}

}  // namespace
}  // namespace millrace::sparkplug
