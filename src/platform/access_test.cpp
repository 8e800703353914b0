#include "platform/testing/platform_fixture.hpp"

namespace millrace {
namespace {

using nlohmann::json;
using testing::PlatformTest;

/// Each port answers to its own kind of caller only, whoever asks.
TEST_F(PlatformTest, DevicesAndPeopleCannotCrossOver) {
  for (const auto* path : {"/api/v1/status", "/api/v1/use-cases", "/api/v1/models", "/login?token=x", "/metrics", "/"})
    EXPECT_EQ(ask_as("edge-1", "GET", path).status, 404) << path;
  EXPECT_EQ(ask_as("edge-1", "POST", "/api/v1/data/sql", R"({"sql": "SELECT 1"})").status, 404);
  EXPECT_EQ(ask_as("edge-1", "POST", "/api/v1/models/pump-care/1/approve").status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/device/assignment").status, 404);
  EXPECT_EQ(ask("GET", "/api/v1/artifacts/" + std::string(64, '0')).status, 404);
  EXPECT_EQ(ask("POST", "/api/v1/device/report", "{}").status, 405) << "no such operation, but the console's pages";
}

TEST_F(PlatformTest, RefusalsSayWhatToDoAndCarryTheSecurityHeaders) {
  const auto base = fmt::format("http://127.0.0.1:{}", platform->console_port());
  const auto refused = http::fetch({.base_url = base}, "GET", "/api/v1/status", {}, {{"cookie", "millrace_session=x"}});
  EXPECT_EQ(refused->status, 401);
  EXPECT_EQ(refused->content_type, "application/problem+json");
  EXPECT_NE(json::parse(refused->body)["detail"].get<std::string>().find("open the link"), std::string::npos);
  const auto rebound = http::fetch({.base_url = base}, "GET", "/api/v1/status", {}, {{"host", "attacker.example"}});
  EXPECT_EQ(rebound->status, 403);
  for (const auto& answer : {*refused, *rebound, ask("GET", "/api/v1/status"), ask("GET", "/api/v1/nothing"),
                             ask("DELETE", "/api/v1/status"), ask_as("edge-1", "GET", "/api/v1/device/assignment")}) {
    EXPECT_NE(answer.headers.at("content-security-policy").find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff");
  }
}

TEST_F(PlatformTest, OnlyAnImportMayBeLarge) {
  const std::string large(2u << 20, ' ');
  EXPECT_EQ(ask("POST", "/api/v1/data/sql", large).status, 413);
  EXPECT_EQ(ask("POST", "/api/v1/use-cases", large, "application/yaml").status, 413);
  EXPECT_EQ(ask_as("edge-1", "POST", "/api/v1/device/report", large).status, 413);
  EXPECT_EQ(ask("POST", "/api/v1/data/import?use_case=pump-care&site=x", large, "text/csv").status, 404) << "was read";
}

/// The use case of these tests, with a program of its own in place of the built-in trainer.
std::string with_command(std::string file) {
  const std::string trainer = "{gbdt: {rounds: 50, depth: 3, learning_rate: 0.2}}";
  return file.replace(file.find(trainer), trainer.size(), R"({command: "echo from the command; exit 5"})");
}

TEST_F(PlatformTest, TrainingCommandsAreRefusedUnlessAllowed) {
  for (const auto* path : {"/api/v1/use-cases/plan", "/api/v1/use-cases"}) {
    const auto refused = ask("POST", path, with_command(use_case_file()), "application/yaml");
    EXPECT_EQ(refused.status, 403) << path;
    EXPECT_NE(refused.body.find("allow_command: true"), std::string::npos) << refused.body;
  }
  EXPECT_TRUE(get("/api/v1/use-cases").empty());
}

struct CommandPlatformTest : PlatformTest {
  CommandPlatformTest() : PlatformTest({.allow_command = true}) {}
};

TEST_F(CommandPlatformTest, AnAllowedTrainingCommandRuns) {
  post("/api/v1/use-cases", with_command(use_case_file()), "application/yaml");
  import_history();
  const auto job = wait_for_job(post("/api/v1/models/train", R"({"use_case": "pump-care"})")["job"]);
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["message"], "the training command ended with exit code 5: from the command");
}

}  // namespace
}  // namespace millrace
