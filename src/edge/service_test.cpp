// The edge as a whole: a real broker, a real HTTP server, a gateway made of the real Sparkplug session.
#include "edge/service.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "edge/testing/fake_site.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace millrace {
namespace {

using ::testing::HasSubstr;
constexpr std::int64_t limit_us = 30'000'000;

class EdgeServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-edge-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    auto broker = mqtt::BrokerProcess::start({});
    ASSERT_TRUE(broker) << broker.error().message;
    broker_ = std::move(*broker);
    platform_ = std::make_unique<testing::FakePlatform>(loop_);
    gateway_ = std::make_unique<testing::Gateway>(loop_, broker_->client_options("gateway"));
  }
  void TearDown() override {
    if (edge_) edge_->stop();
    edge_.reset();
    gateway_.reset();
    platform_.reset();
    std::filesystem::remove_all(folder_);
  }

  void start_edge(const std::string& platform_url) {
    EdgeConfig config{.site = "plant-1", .node = "edge-1", .directory = folder_};
    config.site_broker = {.host = "127.0.0.1", .port = broker_->port()};
    config.platform_url = platform_url;
    config.poll_us = 20'000;
    config.uplink.group_commit_us = 20'000;
    config.uplink.resend_after_us = 500'000;
    config.metrics_port = 0;
    auto ports = make_edge_ports(loop_, config);
    ASSERT_TRUE(ports) << ports.error().message;
    edge_ = std::make_unique<EdgeService>(loop_, workers_, config, std::move(*ports));
    ASSERT_TRUE(edge_->start());
  }
  [[nodiscard]] bool until(const std::function<bool()>& done) { return loop_.run_until(done, limit_us); }
  [[nodiscard]] bool until_active(const std::string& model) {
    return until([&] {
      const Pipeline* pipeline = edge_->router().find("pump");
      return pipeline != nullptr && pipeline->model_version() == model && pipeline->assets() == 1;
    });
  }
  [[nodiscard]] bool until_decisions(std::size_t count) {
    return until([&] { return gateway_->decisions.size() >= count; });
  }

  static std::vector<std::string> ids(const std::vector<DecisionRecord>& records) {
    std::vector<std::string> ids;
    for (const auto& record : records) ids.push_back(record.decision_id);
    return ids;
  }

  SystemClock clock_;
  Loop loop_{clock_};
  WorkerPool workers_{loop_, 1, 16};
  std::filesystem::path folder_;
  std::unique_ptr<mqtt::BrokerProcess> broker_;
  std::unique_ptr<testing::FakePlatform> platform_;
  std::unique_ptr<testing::Gateway> gateway_;
  std::unique_ptr<EdgeService> edge_;
};

TEST_F(EdgeServiceTest, decides_and_swaps_the_model_without_missing_a_decision) {
  platform_->assign(testing::sample_files(10, 100), 1);
  start_edge(platform_->url());
  ASSERT_TRUE(until_active("pump/1"));
  int cycle = 0;
  for (; cycle < 20;) gateway_->row(++cycle, 90);
  platform_->assign(testing::sample_files(10, 200), 2);
  ASSERT_TRUE(until([&] {
    gateway_->row(++cycle, 90);
    return edge_->router().find("pump")->model_version() == "pump/2";
  }));
  gateway_->row(++cycle, 90);
  ASSERT_TRUE(until_decisions(static_cast<std::size_t>(cycle)));
  for (int i = 0; i < cycle; ++i) {
    const auto& decision = gateway_->decisions[static_cast<std::size_t>(i)];
    EXPECT_EQ(decision.clock, i + 1);
    EXPECT_EQ(decision.prediction, decision.model_version == "pump/1" ? 100 : 200);
  }
  EXPECT_EQ(gateway_->decisions.back().model_version, "pump/2");
  ASSERT_TRUE(until([&] {
    return !platform_->reports.empty() && platform_->reports.back()["active"].size() == 1 &&
           platform_->reports.back()["active"][0]["model_version"] == "pump/2";
  }));
}

TEST_F(EdgeServiceTest, a_model_that_fails_its_golden_vectors_is_refused_and_the_old_one_goes_on) {
  platform_->assign(testing::sample_files(10, 100), 1);
  start_edge(platform_->url());
  ASSERT_TRUE(until_active("pump/1"));
  ModelFiles wrong = testing::sample_files(10, 200);
  wrong.golden_json = testing::sample_files(10, 300).golden_json;
  platform_->assign(wrong, 2);
  ASSERT_TRUE(until([&] { return !platform_->reports.empty() && !platform_->reports.back()["errors"].empty(); }));
  EXPECT_THAT(platform_->reports.back()["errors"][0].get<std::string>(), HasSubstr("model pump/2"));
  EXPECT_EQ(platform_->reports.back()["active"][0]["model_version"], "pump/1");
  gateway_->row(1, 90);
  ASSERT_TRUE(until_decisions(1));
  EXPECT_EQ(gateway_->decisions[0].model_version, "pump/1");
}

TEST_F(EdgeServiceTest, a_file_with_another_hash_never_becomes_active) {
  const ModelFiles files = testing::sample_files(10, 100);
  platform_->assign(files, 1);
  platform_->falsify(files.model_onnx);
  start_edge(platform_->url());
  int polls = 0;
  ASSERT_TRUE(until([&] { return ++polls > 200; }));
  EXPECT_EQ(edge_->router().find("pump"), nullptr);
  platform_->assign(files, 1);  // the right bytes again
  EXPECT_TRUE(until_active("pump/1"));
}

TEST_F(EdgeServiceTest, a_file_that_cannot_be_read_for_a_while_is_read_later) {
  const ModelFiles files = testing::sample_files(10, 100);
  const auto cached = folder_ / "artifacts" / sha256_hex(files.model_onnx);
  std::filesystem::create_directories(cached.parent_path());
  std::filesystem::create_symlink("/proc/self/mem", cached);  // opens, then EIO
  platform_->assign(files, 1);
  start_edge(platform_->url());
  ASSERT_TRUE(until([&] { return !platform_->reports.empty() && !platform_->reports.back()["errors"].empty(); }));
  EXPECT_THAT(platform_->reports.back()["errors"][0].get<std::string>(), HasSubstr("cannot read"));
  ASSERT_TRUE(write_file(cached, files.model_onnx));
  EXPECT_TRUE(until_active("pump/1"));
}

TEST_F(EdgeServiceTest, metrics_can_be_scraped) {
  platform_->assign(testing::sample_files(10, 100), 1);
  start_edge(platform_->url());
  ASSERT_TRUE(until_active("pump/1"));
  gateway_->row(1, 90);
  ASSERT_TRUE(until_decisions(1));
  const auto client =
      http::make_beast_client(loop_, {.base_url = "http://127.0.0.1:" + std::to_string(edge_->metrics_port())});
  std::string text;
  client->send("GET", "/metrics", {}, {}, [&](Result<http::Response> answer) { text = answer ? answer->body : "-"; });
  ASSERT_TRUE(until([&] { return !text.empty(); }));
  EXPECT_THAT(text, HasSubstr("millrace_edge_decisions_total 1"));
  EXPECT_THAT(text, HasSubstr("millrace_edge_latency_p99_seconds"));
}

// Invariant g: the platform can be deleted and the sites keep deciding.
TEST_F(EdgeServiceTest, InvariantG_without_platform_it_keeps_deciding_even_over_a_restart) {
  platform_->assign(testing::sample_files(10, 100), 1);
  start_edge(platform_->url());
  ASSERT_TRUE(until_active("pump/1"));
  const std::string url = platform_->url();
  platform_.reset();
  gateway_->row(1, 10);
  ASSERT_TRUE(until_decisions(1));
  edge_->stop();
  edge_.reset();
  start_edge(url);
  ASSERT_TRUE(until_active("pump/1"));
  ASSERT_TRUE(until([&] { return !gateway_->replays.empty(); }));  // asks for what it missed
  EXPECT_EQ(gateway_->replays.back(), 0);                          // row 1 minus the margin
  gateway_->row(1, 10);                                            // the replay: known already
  gateway_->row(2, 10);
  ASSERT_TRUE(until_decisions(2));
  EXPECT_EQ(gateway_->decisions[1].clock, 2);
  EXPECT_EQ(gateway_->decisions[1].advice, "overhaul");  // window and hold went on
}

TEST_F(EdgeServiceTest, what_was_decided_is_stored_once_and_the_spool_is_freed) {
  platform_->assign(testing::sample_files(10, 100), 1);
  gateway_->acknowledges = false;
  start_edge(platform_->url());
  ASSERT_TRUE(until_active("pump/1"));
  for (int cycle = 1; cycle <= 50; ++cycle) gateway_->row(cycle, 90);
  ASSERT_TRUE(until([&] { return gateway_->stored.size() >= 50; }));
  EXPECT_EQ(ids(gateway_->stored), ids(gateway_->decisions));
  EXPECT_NE(edge_->uplink().counters().spool_batches, 0u);
  ASSERT_TRUE(until([&] { return edge_->uplink().counters().batches_sent_again > 0; }));
  gateway_->acknowledges = true;  // what is sent again is held already
  ASSERT_TRUE(until([&] { return edge_->uplink().counters().spool_batches == 0; }));
  EXPECT_EQ(gateway_->stored.size(), 50u);
  EXPECT_EQ(edge_->decisions_lost(), 0u);
}

// Invariant a, at the edge: what is in the spool survives kill -9 while nobody listens.
TEST_F(EdgeServiceTest, InvariantA_a_killed_edge_sends_what_it_decided_while_the_broker_was_away) {
  platform_->assign(testing::sample_files(10, 100), 1);
  gateway_->acknowledges = false;
  start_edge(platform_->url());
  ASSERT_TRUE(until_active("pump/1"));
  for (int cycle = 1; cycle <= 20; ++cycle) gateway_->row(cycle, 90);
  ASSERT_TRUE(until_decisions(20));
  broker_->kill();
  ASSERT_TRUE(until([&] { return edge_->router().find("pump")->decisions() > 20; }));  // silence: no_advice
  const auto commits = edge_->uplink().counters().commits;
  ASSERT_TRUE(until([&] { return edge_->uplink().counters().commits > commits; }));
  const auto as_killed = folder_.string() + "-killed";
  std::filesystem::copy(folder_, as_killed, std::filesystem::copy_options::recursive);
  edge_->stop();
  edge_.reset();
  std::filesystem::remove_all(folder_);
  std::filesystem::rename(as_killed, folder_);
  gateway_->acknowledges = true;
  start_edge(platform_->url());
  ASSERT_TRUE(broker_->restart());
  ASSERT_TRUE(until([&] { return gateway_->stored.size() >= 21 && edge_->uplink().counters().spool_batches == 0; }));
  const auto stored = ids(gateway_->stored);
  EXPECT_EQ(std::set(stored.begin(), stored.end()).size(), stored.size()) << "stored twice";
  for (const auto& id : ids(gateway_->decisions)) EXPECT_THAT(stored, ::testing::Contains(id));
}

TEST_F(EdgeServiceTest, a_restarted_broker_costs_no_state) {
  platform_->assign(testing::sample_files(10, 100), 1);
  start_edge(platform_->url());
  ASSERT_TRUE(until_active("pump/1"));
  gateway_->row(1, 10);
  ASSERT_TRUE(until_decisions(1));
  broker_->kill();
  ASSERT_TRUE(broker_->restart());
  ASSERT_TRUE(until([&] { return !gateway_->born(); }));
  ASSERT_TRUE(until([&] { return gateway_->born() && !gateway_->replays.empty(); }));
  int polls = 0;
  ASSERT_TRUE(until([&] {
    if (++polls % 50 == 0) gateway_->row(polls / 50 + 1, 10);
    return gateway_->decisions.size() >= 2;
  }));
  EXPECT_EQ(gateway_->decisions[1].advice, "overhaul");
}

}  // namespace
}  // namespace millrace
