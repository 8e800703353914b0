#include "platform/session.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/id.hpp"
#include "metadata/migrations.hpp"
#include "metadata/sqlite/sqlite_database.hpp"

#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace millrace {
namespace {

constexpr std::uint16_t port = 8080;

struct SessionTest : testing::Test {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("sessions-" + random_id());
  Sessions::Options options{folder / "api-token", folder / "login-token"};
  std::unique_ptr<Database> database = migrated();
  Result<Sessions> sessions = Sessions::open(*database, options, 0);
  ~SessionTest() override { std::filesystem::remove_all(folder); }

  static std::unique_ptr<Database> migrated() {
    auto opened = *open_sqlite_database({});
    EXPECT_TRUE(migrate(*opened, 1));
    return opened;
  }
  static http::Request request(std::string path, http::Headers headers = {}) {
    headers.try_emplace("host", "127.0.0.1:8080");
    return {.method = "GET", .path = std::move(path), .headers = std::move(headers)};
  }
  int status(const http::Request& asked, TimeUs now_us = 0) {
    const auto refused = refuse(asked, port, *sessions, now_us);
    return refused ? refused->status : 200;
  }
  std::string file(const char* name) {
    auto text = *read_file(folder / name);
    text.pop_back();
    return text;
  }
};

TEST_F(SessionTest, SecretsAreForTheirOwnerOnly) {
  ASSERT_TRUE(sessions);
  for (const auto* name : {"api-token", "login-token"}) {
    struct stat found{};
    ASSERT_EQ(stat((folder / name).c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(SessionTest, TheLinkWorksOnce) {
  const auto token = file("login-token");
  EXPECT_FALSE(sessions->log_in("wrong", 0));
  const auto secret = sessions->log_in(token, 0);
  ASSERT_TRUE(secret);
  const auto again = sessions->log_in(token, 0);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::unauthenticated);
  EXPECT_FALSE(sessions->log_in("", 0));

  EXPECT_EQ(status(request("/api/v1/status", {{"cookie", "a=b; millrace_session=" + *secret}})), 200);
  EXPECT_EQ(status(request("/api/v1/status", {{"cookie", "millrace_session=guess"}})), 401);
  EXPECT_EQ(status(request("/api/v1/status")), 401);
  EXPECT_EQ(status(request("/index.html")), 200);
}

TEST_F(SessionTest, SessionsEnd) {
  const auto secret = sessions->log_in(file("login-token"), 0);
  const auto asked = request("/api/v1/status", {{"cookie", "millrace_session=" + *secret}});
  EXPECT_EQ(status(asked, 11ll * 3600 * 1'000'000), 200);  // use renews it
  EXPECT_EQ(status(asked, 22ll * 3600 * 1'000'000), 200);
  EXPECT_EQ(status(asked, 35ll * 3600 * 1'000'000), 401);
}

TEST_F(SessionTest, ASessionSurvivesARestartAndTheLinkStaysUsed) {
  const auto token = file("login-token");
  const auto secret = *sessions->log_in(token, 0);
  const auto asked = request("/api/v1/status", {{"cookie", "millrace_session=" + secret}});
  sessions = Sessions::open(*database, options, 1);
  EXPECT_EQ(status(asked, 2), 200);
  EXPECT_FALSE(sessions->log_in(token, 2));
  const auto stored = database->query("SELECT secret_sha256 FROM sessions");
  ASSERT_EQ(stored->size(), 1u);
  EXPECT_EQ(stored->front().text(0), sha256_hex(secret)) << "the secret itself is nowhere";
  sessions = Sessions::open(*database, options, 13ll * 3600 * 1'000'000);
  EXPECT_TRUE(database->query("SELECT 1 FROM sessions")->empty()) << "expired while nothing ran";
}

TEST_F(SessionTest, TheSessionUnusedForTheLongestGoesFirst) {
  options.limit = 2;
  sessions = Sessions::open(*database, options, 0);
  std::vector<std::string> secrets;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(write_file(folder / "login-token", "link\n", FileMode::secret));
    secrets.push_back(*sessions->log_in("link", i));
  }
  const int expected[] = {401, 200, 200};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(status(request("/api/v1/status", {{"cookie", "millrace_session=" + secrets[i]}}), 3), expected[i]) << i;
  }
}

TEST_F(SessionTest, TheTokenFileLetsTheCommandLineIn) {
  EXPECT_EQ(status(request("/api/v1/status", {{"authorization", "Bearer " + file("api-token")}})), 200);
  EXPECT_EQ(status(request("/api/v1/status", {{"authorization", "Bearer x"}})), 401);
}

TEST_F(SessionTest, InvariantD_TheCallerIsWhoOwnsTheSecret) {
  const auto by = [&](const std::string& header, const std::string& value) {
    return sessions->caller(request("/", {{header, value}}), 0);
  };
  const auto secret = *sessions->log_in(file("login-token"), 0);
  const auto console = by("cookie", "millrace_session=" + secret),
             token = by("authorization", "Bearer " + file("api-token"));
  ASSERT_TRUE(console && token);
  const auto* account = getpwuid(getuid());
  if (account != nullptr) {
    EXPECT_EQ(*console, account->pw_name + std::string(" (console)"));
    EXPECT_EQ(*token, account->pw_name + std::string(" (API token)"));
  }
  EXPECT_FALSE(by("cookie", "millrace_session=guess"));
  EXPECT_FALSE(by("authorization", "Bearer x"));
  sessions = Sessions::open(*database, options, 1);
  EXPECT_EQ(by("cookie", "millrace_session=" + secret), console) << "after a restart too";
}

TEST_F(SessionTest, BothCredentialsMustBeRight) {
  const auto authorization = "Bearer " + file("api-token");
  EXPECT_EQ(status(request("/api/v1/status", {{"authorization", authorization}, {"cookie", "millrace_session=guess"}})),
            401);
  EXPECT_EQ(status(request("/api/v1/status", {{"authorization", authorization}, {"cookie", "theme=dark"}})), 200);
  const auto secret = sessions->log_in(file("login-token"), 0);
  const auto cookie = "millrace_session=" + *secret;
  EXPECT_EQ(status(request("/api/v1/status", {{"authorization", "Bearer x"}, {"cookie", cookie}})), 401);
  EXPECT_EQ(status(request("/api/v1/status", {{"authorization", authorization}, {"cookie", cookie}})), 200);
}

TEST_F(SessionTest, OtherHostsAndOriginsAreRefused) {
  const auto authorization = "Bearer " + file("api-token");
  const auto with = [&](const std::string& name, const std::string& value) {
    return status(request("/api/v1/status", {{"authorization", authorization}, {name, value}}));
  };
  EXPECT_EQ(with("host", "attacker.example:8080"), 403);
  EXPECT_EQ(with("host", "127.0.0.1:9"), 403);
  EXPECT_EQ(with("host", "localhost:8080"), 200);
  EXPECT_EQ(with("origin", "http://127.0.0.1:8080"), 200);
  EXPECT_EQ(with("origin", "https://attacker.example"), 403);
  EXPECT_EQ(with("origin", "null"), 403);
}

TEST_F(SessionTest, AShortTokenIsRefused) {
  ASSERT_TRUE(write_file(folder / "api-token", "short\n", FileMode::secret));
  const auto opened = Sessions::open(*database, options, 0);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("api-token"), std::string::npos);
}

}  // namespace
}  // namespace millrace
