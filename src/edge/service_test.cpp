// The edge as a whole: a real broker, a real HTTP server, a gateway made of the real Sparkplug session.
#include "edge/service.hpp"

#include "base/hash.hpp"
#include "edge/testing/sample_use_case.hpp"
#include "net/http/server.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "sparkplug/names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>

namespace millrace {
namespace {

using ::testing::HasSubstr;
constexpr std::int64_t limit_us = 30'000'000;
constexpr TimeUs second = 1'000'000;

/// What the edge sees of the platform: the device API.
class FakePlatform {
 public:
  explicit FakePlatform(Loop& loop)
      : server_(http::make_beast_server(
            loop, {},
            {{"GET", "/api/v1/device/assignment",
              [this](const http::Request& request, const http::Reply& reply) {
                const auto etag = request.headers.find("if-none-match");
                if (etag != request.headers.end() && etag->second == "\"" + revision_ + "\"")
                  return reply({.status = 304});
                reply({.body = assignment_, .headers = {{"etag", "\"" + revision_ + "\""}}});
              }},
             {"GET", "/api/v1/artifacts/{sha256}",
              [this](const http::Request& request, const http::Reply& reply) {
                const auto file = files_.find(request.parameters.at("sha256"));
                if (file == files_.end()) return reply({.status = 404});
                reply({.body = file->second, .content_type = "application/octet-stream"});
              }},
             {"POST", "/api/v1/device/report", [this](const http::Request& request, const http::Reply& reply) {
                reports.push_back(nlohmann::json::parse(request.body));
                reply({.body = "{}"});
              }}})) {
    EXPECT_TRUE(server_->start());
  }
  ~FakePlatform() { server_->stop(); }

  void assign(const ModelFiles& files, int version) {
    const std::string yaml = testing::sample_yaml();
    nlohmann::json model_files = nlohmann::json::array();
    for (const auto& [name, bytes] :
         {std::pair("model.onnx", &files.model_onnx), std::pair("golden.json", &files.golden_json),
          std::pair("features.json", &files.features_json)}) {
      files_[sha256_hex(*bytes)] = *bytes;
      model_files.push_back({{"name", name}, {"sha256", sha256_hex(*bytes)}, {"size", bytes->size()}});
    }
    files_[sha256_hex(yaml)] = yaml;
    revision_ = "r" + std::to_string(version);
    assignment_ = nlohmann::json{{"revision", revision_},
                                 {"use_cases", {{{"name", "pump"}, {"version", 1}, {"sha256", sha256_hex(yaml)}}}},
                                 {"models", {{{"use_case", "pump"}, {"version", version}, {"files", model_files}}}}}
                      .dump();
  }
  void falsify(const std::string& bytes) { files_[sha256_hex(bytes)] = bytes + " changed on the way"; }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  std::vector<nlohmann::json> reports;

 private:
  std::string assignment_ = R"({"revision":"r0","use_cases":[],"models":[]})", revision_ = "r0";
  std::map<std::string, std::string> files_;
  std::unique_ptr<http::Server> server_;
};

/// One pump behind a Sparkplug edge node; hears the decisions.
class Gateway {
 public:
  Gateway(Loop& loop, const mqtt::ClientOptions& options)
      : loop_(loop),
        client_(mqtt::make_mosquitto_client(loop, options)),
        node_({.group = "plant-1", .node = "gateway"},
              {.publish =
                   [this](const sparkplug::Publication& p) {
                     return client_->publish(p.topic, p.payload, p.quality_of_service, p.retain);
                   },
               .birth = [](std::string_view device, sparkplug::Payload& birth) { add_metrics(device, birth); },
               .command =
                   [this](std::string_view, const sparkplug::Payload& command) {
                     if (const auto* replay = command.find(sparkplug::names::replay))
                       replays.push_back(*sparkplug::to_number(replay->value));
                   }}) {
    client_->start({.will = [this]() -> std::optional<mqtt::Will> {
                      auto t = node_.testament(loop_.clock().now_us());
                      return mqtt::Will{t.topic, t.payload, t.quality_of_service, t.retain};
                    },
                    .on_connected =
                        [this] {
                          auto filters = node_.subscriptions();
                          filters.emplace_back("spBv1.0/plant-1/DDATA/edge-1/#");
                          EXPECT_TRUE(client_->subscribe(filters, 1));
                          node_.on_connected(loop_.clock().now_us());
                        },
                    .on_disconnected = [this](const Error&) { node_.on_disconnected(); },
                    .on_message = [this](const mqtt::Message& message) { on_message(message); }});
    EXPECT_TRUE(node_.add_device("p1", loop_.clock().now_us()));
  }
  ~Gateway() { client_->stop(); }

  void row(int cycle, double a) {
    encoder_.clear();
    const std::uint64_t time_ms = static_cast<std::uint64_t>(cycle) * 1000;
    encoder_.add({.alias = 1, .time_ms = time_ms, .value = a});
    encoder_.add({.alias = 2, .time_ms = time_ms, .value = 20});
    encoder_.add({.alias = 3, .time_ms = time_ms, .value = static_cast<double>(cycle)});
    std::string payload(encoder_.bytes());
    EXPECT_TRUE(node_.publish_data("p1", payload, loop_.clock().now_us()));
  }
  [[nodiscard]] bool born() const { return node_.born(); }

  std::vector<DecisionRecord> decisions;
  std::vector<double> replays;

 private:
  static void add_metrics(std::string_view device, sparkplug::Payload& birth) {
    if (device.empty()) return;
    std::uint64_t alias = 0;
    for (const char* name : {"a", "b", "cycle", "Maintenance"}) {
      birth.metrics.push_back({.name = name, .alias = ++alias, .type = sparkplug::DataType::float64});
    }
  }
  void on_message(const mqtt::Message& message) {
    if (message.topic.find("/DDATA/edge-1/") == std::string_view::npos) {
      node_.on_message(message.topic, message.payload, loop_.clock().now_us());
      return;
    }
    sparkplug::DataDecoder decoder(message.payload);
    for (sparkplug::DataMetric metric; decoder.next(metric);) {
      if (metric.name == sparkplug::names::decision) decisions.push_back(*parse_decision_record(metric.text));
    }
  }

  Loop& loop_;
  std::unique_ptr<mqtt::Client> client_;
  sparkplug::EdgeNode node_;
  sparkplug::DataEncoder encoder_;
};

class EdgeServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-edge-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    auto broker = mqtt::BrokerProcess::start({});
    ASSERT_TRUE(broker) << broker.error().message;
    broker_ = std::move(*broker);
    platform_ = std::make_unique<FakePlatform>(loop_);
    gateway_ = std::make_unique<Gateway>(loop_, broker_->client_options("gateway"));
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
    config.persist_us = 20'000;
    config.metrics_port = 0;
    edge_ = std::make_unique<EdgeService>(loop_, workers_, config, make_edge_ports(loop_, config));
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

  SystemClock clock_;
  Loop loop_{clock_};
  WorkerPool workers_{loop_, 1, 16};
  std::filesystem::path folder_;
  std::unique_ptr<mqtt::BrokerProcess> broker_;
  std::unique_ptr<FakePlatform> platform_;
  std::unique_ptr<Gateway> gateway_;
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
  EXPECT_THAT(text, HasSubstr("millrace_edge_decisions 1"));
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
