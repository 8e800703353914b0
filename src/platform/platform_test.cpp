#include "platform/platform.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/id.hpp"
#include "net/http/client.hpp"
#include "net/tls/certificate.hpp"
#include "platform/api_json.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <future>
#include <thread>

namespace millrace {
namespace {

using nlohmann::json;

/// The real thing: servers, lake and metadata in a folder of their own; the loop runs on a thread, as in the process.
struct PlatformTest : testing::Test {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("platform-" + random_id());
  SystemClock clock;
  Loop loop{clock};
  std::unique_ptr<Platform> platform;
  std::thread thread;
  tls::KeyPair authority;
  std::string token;

  PlatformTest() {
    authority = *tls::make_authority("test authority", "millrace", clock.now_us());
    PlatformConfig config;
    config.directory = folder / "platform";
    config.data_source = "recorded: test";
    config.console = {.port = 0,
                      .token_file = folder / "api-token",
                      .login_file = folder / "login-token",
                      .run_file = folder / "run.json"};
    config.device_api.port = 0;
    config.devices = {{"edge-1", "site-1"}, {"edge-2", "site-2"}};
    config.broker.port = 0;
    config.credentials = credentials("platform");
    auto opened = Platform::open(loop, config);
    EXPECT_TRUE(opened) << opened.error().message;
    platform = std::move(*opened);
    const auto started = platform->start();
    EXPECT_TRUE(started) << started.error().message;
    token = *read_file(folder / "api-token");
    token.pop_back();
    thread = std::thread([this] { loop.run(); });
  }

  ~PlatformTest() override {
    loop.post([this] {
      platform->stop();
      loop.stop();
    });
    thread.join();
    platform.reset();
    std::filesystem::remove_all(folder);
  }

  Credentials credentials(const std::string& name) {
    const Credentials paths{folder / "ca.pem", folder / (name + ".pem"), folder / (name + ".key")};
    const auto pair = tls::issue_certificate(authority, {.common_name = name}, clock.now_us());
    EXPECT_TRUE(tls::write_credentials(paths, *pair, authority.certificate_pem));
    return paths;
  }

  http::Response ask(const std::string& method, const std::string& target, std::string body = {},
                     std::string type = "application/json") {
    http::Headers headers{{"authorization", "Bearer " + token}};
    if (!body.empty()) headers["content-type"] = std::move(type);
    const auto answer = http::fetch({.base_url = fmt::format("http://127.0.0.1:{}", platform->console_port())}, method,
                                    target, std::move(body), std::move(headers));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(http::Response{.status = 0});
  }
  json get(const std::string& target) { return parsed(ask("GET", target)); }
  json post(const std::string& target, std::string body, std::string type = "application/json") {
    return parsed(ask("POST", target, std::move(body), std::move(type)));
  }
  static json parsed(const http::Response& response) {
    EXPECT_LT(response.status, 300) << response.body;
    return json::parse(response.body, nullptr, false);
  }

  http::Response ask_as(const std::string& device, const std::string& method, const std::string& target,
                        std::string body = {}, http::Headers headers = {}) {
    const auto answer = http::fetch(
        {.base_url = fmt::format("https://localhost:{}", platform->device_port()), .credentials = credentials(device)},
        method, target, std::move(body), std::move(headers));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(http::Response{.status = 0});
  }

  /// A pump that lasts 40 to 64 cycles, whose vibration tells how many are left.
  static std::string use_case_file(const std::string& site = "*", const std::string& name = "pump-care") {
    return fmt::format(R"(use_case: {}
title: Service a pump before it fails
owner: operations-manager
outcome:
  kpi: unplanned_failures_per_1000_cycles
  baseline: {{policy: run_to_failure, measured: 20}}
  target: -20 %
assets: {{type: Pump, select: {{site: "{}", tag: pump}}}}
signals:
  - {{name: vibration, quantity: velocity, unit: m/s, range: [0, 100]}}
  - {{name: cycle, role: clock}}
features:
  window: {{size: 5, step: 1, unit: samples}}
  each: [last, mean]
model:
  task: regression
  label: {{remaining_useful_life: {{until: work_order.failure, cap: 50}}}}
  trainer: {{gbdt: {{rounds: 50, depth: 3, learning_rate: 0.2}}}}
  split: by_asset
  gates: {{rmse: "<= 15", parity_with_trainer: 1e-5}}
decision:
  when: rul < 10
  hold: 2
  then: {{work_order: {{priority: high, text: "Service within {{rul}} cycles"}}}}
  mode: advisory
)",
                       name, site);
  }

  void import_history() {
    std::string samples = "asset,time,cycle,vibration\n", orders = "asset,time,kind,clock,remaining_life\n";
    for (int pump = 1; pump <= 12; ++pump) {
      const int life = 38 + 2 * pump;
      for (int cycle = 1; cycle <= life; ++cycle) {
        samples += fmt::format("pump-{},2026-01-01T00:{:02}:{:02}Z,{},{}\n", pump, cycle / 60, cycle % 60, cycle,
                               60 - (life - cycle));
      }
      orders += fmt::format("pump-{},2026-01-01T00:{:02}:{:02}Z,failure,{},0\n", pump, life / 60, life % 60, life);
    }
    EXPECT_EQ(post("/api/v1/data/import?use_case=pump-care&site=history", samples, "text/csv")["rows"], 12 * 51);
    EXPECT_EQ(post("/api/v1/data/import?use_case=pump-care&site=history&kind=work_orders", orders, "text/csv")["rows"],
              12);
  }

  json wait_for_job(const std::string& id) {
    const auto end_us = clock.monotonic_us() + 60'000'000;
    for (;;) {
      auto job = get("/api/v1/jobs/" + id);
      if (job["state"] == "done" || job["state"] == "failed" || clock.monotonic_us() > end_us) return job;
      std::this_thread::yield();
    }
  }

  void store(LakeCommit rows) {
    std::promise<bool> stored;
    loop.post([&] {
      platform->services().intake.store(std::move(rows),
                                        [&](const Result<void>& outcome) { stored.set_value(outcome.has_value()); });
    });
    EXPECT_TRUE(stored.get_future().get());
  }
};

TEST_F(PlatformTest, UseCasesArePlannedAppliedAndKept) {
  EXPECT_FALSE(post("/api/v1/use-cases/plan", use_case_file(), "application/yaml")["changes"].empty());
  EXPECT_TRUE(get("/api/v1/use-cases").empty());
  EXPECT_EQ(post("/api/v1/use-cases", use_case_file(), "application/yaml"),
            (json{{"name", "pump-care"}, {"version", 1}, {"changed", true}}));
  EXPECT_EQ(post("/api/v1/use-cases", use_case_file(), "application/yaml")["changed"], false);
  EXPECT_TRUE(post("/api/v1/use-cases/plan", use_case_file(), "application/yaml")["changes"].empty());
  EXPECT_EQ(post("/api/v1/use-cases", use_case_file("site-1"), "application/yaml")["version"], 2);
  const auto detail = get("/api/v1/use-cases/pump-care");
  EXPECT_EQ(detail["yaml"], use_case_file("site-1"));
  EXPECT_EQ(detail["versions"].size(), 2u);
  EXPECT_EQ(detail["signals"][0]["unit"], "m/s");
  EXPECT_EQ(ask("GET", "/api/v1/use-cases/other").status, 404);
  const auto wrong = ask("POST", "/api/v1/use-cases", "use_case: x\ntitel: y\n", "application/yaml");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find(":2: "), std::string::npos) << wrong.body;
}

TEST_F(PlatformTest, AHistoryIsImportedAllOrNothing) {
  EXPECT_EQ(ask("POST", "/api/v1/data/import?use_case=pump-care&site=history", "asset,time,x\n", "text/csv").status,
            404);
  post("/api/v1/use-cases", use_case_file(), "application/yaml");
  import_history();
  EXPECT_EQ(post("/api/v1/data/sql", R"({"sql": "SELECT count(*) FROM samples"})")["rows"][0][0], 12 * 51 * 2);
  const auto wrong =
      ask("POST", "/api/v1/data/import?use_case=pump-care&site=history",
          "asset,time,cycle\npump-1,2026-01-01T00:00:00Z,1\npump-1,2026-01-01T00:00:01Z,one\n", "text/csv");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_NE(wrong.body.find("line 3"), std::string::npos) << wrong.body;
  EXPECT_EQ(post("/api/v1/data/sql", R"({"sql": "SELECT count(*) FROM samples"})")["rows"][0][0], 12 * 51 * 2);
  EXPECT_EQ(ask("POST", "/api/v1/data/sql", R"({"sql": "DELETE FROM samples"})").status, 400);

  const auto samples = get("/api/v1/assets/pump-1/samples?signals=vibration&limit=3");
  EXPECT_EQ(samples["signals"][0]["values"], (json{58.0, 59.0, 60.0}));
  const auto quality = get("/api/v1/data/quality?use_case=pump-care");
  ASSERT_EQ(quality.size(), 2u);
  EXPECT_EQ(quality[1]["signal"], "vibration");
  EXPECT_EQ(quality[1]["points"], 12 * 51);
}

TEST_F(PlatformTest, DevicesSeeWhatTheirSiteShouldRunAndNothingElse) {
  post("/api/v1/use-cases", use_case_file("site-1"), "application/yaml");
  const auto response = ask_as("edge-1", "GET", "/api/v1/device/assignment");
  ASSERT_EQ(response.status, 200) << response.body;
  const auto assignment = json::parse(response.body);
  const auto sha256 = sha256_hex(use_case_file("site-1"));
  EXPECT_EQ(assignment["use_cases"], json::array({{{"name", "pump-care"}, {"version", 1}, {"sha256", sha256}}}));
  EXPECT_TRUE(assignment["models"].empty());
  EXPECT_EQ(
      ask_as("edge-1", "GET", "/api/v1/device/assignment", {}, {{"if-none-match", response.headers.at("etag")}}).status,
      304);
  EXPECT_EQ(ask_as("edge-1", "GET", "/api/v1/artifacts/" + sha256).body, use_case_file("site-1"));

  EXPECT_TRUE(json::parse(ask_as("edge-2", "GET", "/api/v1/device/assignment").body)["use_cases"].empty());
  EXPECT_EQ(ask_as("edge-2", "GET", "/api/v1/artifacts/" + sha256).status, 404);
  EXPECT_EQ(ask_as("stranger", "GET", "/api/v1/device/assignment").status, 403);

  const std::string report =
      R"({"device":"edge-1","active":[{"use_case":"pump-care","model_version":"pump-care/1","since_us":5}],)"
      R"("errors":["x"]})";
  EXPECT_EQ(ask_as("edge-1", "POST", "/api/v1/device/report", report).status, 204);
  EXPECT_EQ(ask_as("edge-2", "POST", "/api/v1/device/report", report).status, 403);
  EXPECT_EQ(ask_as("edge-1", "POST", "/api/v1/device/report", R"({"device":"edge-1"})").status, 400);
  const auto node = get("/api/v1/status")["sites"][0]["nodes"][0];
  EXPECT_EQ(node["node"], "edge-1");
  EXPECT_EQ(node["active"][0]["model_version"], "pump-care/1");
}

TEST_F(PlatformTest, AModelIsTrainedApprovedAndAssigned) {
  EXPECT_EQ(ask("POST", "/api/v1/models/train", R"({"use_case": "pump-care"})").status, 404);
  post("/api/v1/use-cases", use_case_file(), "application/yaml");
  const auto empty = wait_for_job(post("/api/v1/models/train", R"({"use_case": "pump-care"})")["job"]);
  EXPECT_EQ(empty["state"], "failed") << empty;
  import_history();
  const auto job = wait_for_job(post("/api/v1/models/train", R"({"use_case": "pump-care", "seed": 3})")["job"]);
  ASSERT_EQ(job["state"], "done") << job;
  const auto& model = job["result"];
  EXPECT_EQ(model["version"], 1);
  EXPECT_EQ(model["state"], "candidate") << model;
  EXPECT_EQ(model["dataset"]["sha256"].get<std::string>().size(), 64u);
  EXPECT_GT(model["dataset"]["snapshot"], 0);
  EXPECT_EQ(model["files"].size(), 4u);

  const auto before = json::parse(ask_as("edge-1", "GET", "/api/v1/device/assignment").body);
  EXPECT_TRUE(before["models"].empty());
  const auto approved = post("/api/v1/models/pump-care/1/approve", "{}");
  EXPECT_EQ(approved["state"], "approved");
  EXPECT_EQ(approved["approved_by"], "operations-manager");
  EXPECT_EQ(ask("POST", "/api/v1/models/pump-care/1/approve").status, 409);
  const auto after = json::parse(ask_as("edge-1", "GET", "/api/v1/device/assignment").body);
  EXPECT_NE(after["revision"], before["revision"]);
  ASSERT_EQ(after["models"].size(), 1u);
  for (const auto& file : after["models"][0]["files"]) {
    const auto bytes = ask_as("edge-1", "GET", "/api/v1/artifacts/" + file["sha256"].get<std::string>()).body;
    EXPECT_EQ(sha256_hex(bytes), file["sha256"]);
    EXPECT_EQ(bytes.size(), file["size"]);
  }
}

TEST_F(PlatformTest, DecisionsAreTracedAndJudged) {
  LakeCommit rows;
  for (int i = 0; i < 5; ++i) {
    rows.decisions.push_back({.decision_id = "d-" + std::to_string(i),
                              .time_us = 1'000'000 * (i + 1),
                              .site = "site-1",
                              .asset = "pump-1",
                              .device = "edge-1",
                              .use_case = "pump-care",
                              .use_case_version = "1",
                              .model_version = "pump-care/7",
                              .feature_hash = "f",
                              .clock = 30.0 + i,
                              .prediction = 9.5 - i,
                              .unit = "cycles",
                              .advice = i < 3 ? "none" : "overhaul",
                              .reason = "rul < 10",
                              .inputs_good = 1,
                              .hold = i,
                              .latency_us = 80,
                              .source_time_us = 1'000'000 * (i + 1),
                              .features = {1, 2},
                              .received_us = clock.now_us()});
  }
  store(std::move(rows));
  const auto page = get("/api/v1/decisions?limit=2");
  ASSERT_EQ(page["decisions"].size(), 2u);
  EXPECT_EQ(page["total"], 5);
  EXPECT_EQ(page["decisions"][0]["decision_id"], "d-4");
  const auto next = get("/api/v1/decisions?limit=2&before=d-3");
  EXPECT_EQ(next["decisions"][0]["decision_id"], "d-2");
  EXPECT_EQ(get("/api/v1/decisions?advised=true")["total"], 2);
  EXPECT_EQ(get("/api/v1/decisions?advice=none&asset=pump-1")["total"], 3);
  EXPECT_EQ(ask("GET", "/api/v1/decisions?limit=0").status, 400);
  EXPECT_EQ(ask("GET", "/api/v1/decisions?before=unknown").status, 404);

  EXPECT_EQ(post("/api/v1/decisions/d-4/verdict", R"({"verdict": "wrong", "comment": "was fine"})")["verdict"],
            "wrong");
  EXPECT_EQ(post("/api/v1/decisions/d-4/verdict", R"({"verdict": "right"})")["verdict"], "right");
  EXPECT_EQ(ask("POST", "/api/v1/decisions/d-4/verdict", R"({"verdict": "maybe"})").status, 400);
  EXPECT_EQ(ask("POST", "/api/v1/decisions/unknown/verdict", R"({"verdict": "right"})").status, 404);
  const auto detail = get("/api/v1/decisions/d-4");
  EXPECT_EQ(detail["decision"]["verdict"]["verdict"], "right");
  EXPECT_EQ(detail["decision"]["use_case_version"], 1);
  EXPECT_EQ(detail["features"].size(), 2u);
  ASSERT_EQ(detail["trace"].size(), 7u);
  EXPECT_EQ(detail["trace"][1]["id"], "");
  EXPECT_NE(detail["trace"][1]["detail"].get<std::string>().find("pump-care/7"), std::string::npos);
  EXPECT_EQ(get("/api/v1/decisions")["verdicts"]["right"], 1);
}

TEST_F(PlatformTest, TheConsoleIsReachedByAOneTimeLink) {
  auto link = *read_file(folder / "login-token");
  link.pop_back();
  const auto base = fmt::format("http://127.0.0.1:{}", platform->console_port());
  const auto login = http::fetch({.base_url = base}, "GET", "/login?token=" + link);
  ASSERT_EQ(login->status, 302);
  const auto cookie = login->headers.at("set-cookie");
  EXPECT_NE(cookie.find("HttpOnly"), std::string::npos);
  EXPECT_NE(cookie.find("SameSite=Strict"), std::string::npos);
  const auto status =
      http::fetch({.base_url = base}, "GET", "/api/v1/status", {}, {{"cookie", cookie.substr(0, cookie.find(';'))}});
  EXPECT_EQ(status->status, 200);
  EXPECT_EQ(http::fetch({.base_url = base}, "GET", "/login?token=" + link)->status, 401);
  EXPECT_EQ(http::fetch({.base_url = base}, "GET", "/api/v1/status")->status, 401);
  EXPECT_NE(http::fetch({.base_url = base}, "GET", "/metrics")->body.find("millrace_platform_points_total"),
            std::string::npos);
  EXPECT_TRUE(http::fetch({.base_url = base}, "GET", "/openapi.yaml")->body.starts_with("openapi: 3.1"));
}

}  // namespace
}  // namespace millrace
