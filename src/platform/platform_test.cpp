#include "platform/testing/platform_fixture.hpp"

#include "base/hash.hpp"

#include <pwd.h>
#include <unistd.h>

namespace millrace {
namespace {

using nlohmann::json;
using testing::PlatformTest;

TEST_F(PlatformTest, UseCasesArePlannedAppliedAndKept) {
  EXPECT_FALSE(post("/api/v1/use-cases/plan", use_case_file(), "application/yaml")["changes"].empty());
  const auto planned = post("/api/v1/use-cases/plan", use_case_file(), "application/yaml");
  ASSERT_EQ(planned["warnings"].size(), 1u);
  EXPECT_EQ(planned["warnings"][0]["path"], "decision.then.work_order");
  EXPECT_EQ(planned["warnings"][0]["line"], 24);
  const auto& nobody = planned["assets"];
  EXPECT_EQ(nobody["selected"], 0);
  EXPECT_NE(nobody["warning"].get<std::string>().find("connections.assets"), std::string::npos);
  EXPECT_TRUE(get("/api/v1/use-cases").empty());
  EXPECT_EQ(post("/api/v1/use-cases", use_case_file(), "application/yaml"),
            (json{{"name", "pump-care"}, {"version", 1}, {"changed", true}, {"warnings", planned["warnings"]}}));
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

TEST_F(PlatformTest, APrivacyRuleIsRefusedAndNothingIsApplied) {
  const auto personal = use_case_file() + "privacy: [{signal: vibration, pseudonymise: {domain: site}}]\n";
  for (const auto* path : {"/api/v1/use-cases/plan", "/api/v1/use-cases"}) {
    const auto refused = ask("POST", path, personal, "application/yaml");
    EXPECT_EQ(refused.status, 400);
    EXPECT_NE(refused.body.find(":26: pseudonymise vibration: not carried out"), std::string::npos) << refused.body;
  }
  EXPECT_TRUE(get("/api/v1/use-cases").empty());
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

TEST_F(PlatformTest, AnImportIsJudgedAsLiveDataIs) {
  post("/api/v1/use-cases", use_case_file(), "application/yaml");
  const auto day = format_time(clock.now_us()).substr(0, 10);
  const auto csv =
      fmt::format("asset,time,vibration\np1,{0}T00:00:01Z,50\np1,{0}T00:00:02Z,500\np2,{0}T00:00:01Z,5\n", day);
  post("/api/v1/data/import?use_case=pump-care&site=history", csv, "text/csv");
  const auto report = get("/api/v1/data/quality/pump-care?days=1");
  EXPECT_EQ(report["assets"][0]["counts"]["range"], 1) << report;
  EXPECT_EQ(report["assets"][0]["broken"], json::array({"range"}));
  EXPECT_EQ(report["assets"][0]["points"], 2);
  EXPECT_TRUE(report["assets"][1]["broken"].empty());
  EXPECT_EQ(report["days"][0]["day"], day);
  const auto signals = get("/api/v1/data/quality?use_case=pump-care");
  EXPECT_EQ(signals[0]["findings"][0]["check"], "range");
  EXPECT_EQ(signals[0]["bad"], 1) << "kept, and called bad";
  EXPECT_EQ(ask("GET", "/api/v1/data/quality/other").status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/data/quality/pump-care?days=0").status, 400);
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

std::string account() {
  const auto* found = getpwuid(getuid());
  return found != nullptr ? found->pw_name : "account " + std::to_string(getuid());
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
  EXPECT_EQ(ask("POST", "/api/v1/models/pump-care/1/approve", R"({"approved_by": "somebody else"})").status, 400);
  const auto approved = post("/api/v1/models/pump-care/1/approve", R"({"comment": "gates passed"})");
  EXPECT_EQ(approved["state"], "approved");
  EXPECT_EQ(approved["approved_by"], account() + " (API token)") << "who acted";
  EXPECT_EQ(approved["approved_for"], "operations-manager") << "not who is responsible";
  EXPECT_EQ(approved["approval_comment"], "gates passed");
  EXPECT_EQ(get("/api/v1/models/pump-care/1"), approved);
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
  EXPECT_EQ(detail["decision"]["verdict"]["by"], account() + " (API token)");
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
  EXPECT_NE(
      http::fetch({.base_url = base}, "GET", "/metrics")->body.find("TYPE millrace_platform_points_total counter"),
      std::string::npos);
  EXPECT_TRUE(http::fetch({.base_url = base}, "GET", "/openapi.yaml")->body.starts_with("openapi: 3.1"));
}

}  // namespace
}  // namespace millrace
