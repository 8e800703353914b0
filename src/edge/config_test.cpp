#include "edge/config.hpp"

#include "base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace millrace {
namespace {

using ::testing::HasSubstr;

Result<EdgeConfig> load(const std::string& yaml) {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-config-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  EXPECT_TRUE(write_file(folder / "edge.yaml", yaml));
  auto config = load_edge_config(folder / "edge.yaml");
  std::filesystem::remove_all(folder);
  return config;
}

TEST(EdgeConfig, reads_a_whole_file) {
  const auto config = load(
      "site: s\nnode: edge-1\ndirectory: state\nsite_broker: {port: 1234}\nengine: trees\npoll: 5 s\n"
      "spool: {limit: 8 MiB}\n"
      "credentials: {certificate_authority: ca.pem, certificate: edge.pem, key: edge.key}\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->site_broker.port, 1234);
  EXPECT_EQ(config->engine, EngineChoice::trees);
  EXPECT_EQ(config->poll_us, 5'000'000);
  EXPECT_EQ(config->uplink.spool.limit_bytes, 8u << 20);
  EXPECT_EQ(config->uplink.group_commit_us, 500'000);
  EXPECT_EQ(config->gateways, std::vector<std::string>{"gateway"});
  EXPECT_TRUE(config->directory.is_absolute());
  EXPECT_TRUE(config->credentials.has_value());
}

TEST(EdgeConfig, mistakes_name_file_line_and_remedy) {
  const auto config = load("site: s\nnode: a/b\ndirectory: d\nengin: trees\n");
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().message, HasSubstr("edge.yaml:2"));
  EXPECT_THAT(config.error().message, HasSubstr("did you mean \"engine\"?"));
}

}  // namespace
}  // namespace millrace
