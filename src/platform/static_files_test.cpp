#include "platform/static_files.hpp"

#include "base/file.hpp"
#include "base/id.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

struct StaticFilesTest : testing::Test {
  std::filesystem::path root = std::filesystem::temp_directory_path() / ("static-" + random_id());
  std::filesystem::path folder = root / "console";
  StaticFilesTest() {
    EXPECT_TRUE(write_file(folder / "index.html", "<!doctype html>"));
    EXPECT_TRUE(write_file(folder / "assets" / "index-1a2b.js", "1"));
    EXPECT_TRUE(write_file(root / "secret.txt", "secret"));
  }
  ~StaticFilesTest() override { std::filesystem::remove_all(root); }
};

TEST_F(StaticFilesTest, ServesFilesWithTheirTypes) {
  const auto script = static_file(folder, "/assets/index-1a2b.js");
  EXPECT_EQ(script.status, 200);
  EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
  EXPECT_NE(script.headers.at("cache-control").find("immutable"), std::string::npos);
  EXPECT_EQ(static_file(folder, "/absent.js").status, 404);
}

TEST_F(StaticFilesTest, PagesOfTheConsoleAreItsIndex) {
  for (const auto* page : {"/", "", "/plant", "/plant/engine-061"}) {
    const auto response = static_file(folder, page);
    EXPECT_EQ(response.body, "<!doctype html>") << page;
    EXPECT_EQ(response.headers.at("cache-control"), "no-cache");
  }
}

TEST_F(StaticFilesTest, NothingOutsideIsRead) {
  using namespace std::string_literals;
  for (const auto& path : {"/../secret.txt"s, "/assets/../../secret.txt"s, "//secret.txt"s, "/.hidden.txt"s,
                           "/a\\..\\secret.txt"s, (root / "secret.txt").string(), "/x\0.txt"s}) {
    EXPECT_EQ(static_file(folder, path).status, 404) << path;
  }
}

TEST_F(StaticFilesTest, WithoutAConsoleItSaysSo) { EXPECT_EQ(static_file({}, "/").status, 404); }

TEST_F(StaticFilesTest, EveryAnswerForbidsInlineScripts) {
  const auto policy = security_headers().at("content-security-policy");
  EXPECT_NE(policy.find("script-src 'self'"), std::string::npos);
  EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
}

}  // namespace
}  // namespace millrace
