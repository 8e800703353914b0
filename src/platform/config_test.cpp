#include "platform/config.hpp"

#include "base/file.hpp"
#include "base/id.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

struct PlatformConfigTest : testing::Test {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("config-" + random_id());
  Result<PlatformConfig> load(std::string_view yaml) {
    EXPECT_TRUE(write_file(folder / "platform.yaml", yaml));
    return load_platform_config(folder / "platform.yaml");
  }
  ~PlatformConfigTest() override { std::filesystem::remove_all(folder); }
};

TEST_F(PlatformConfigTest, AFolderIsEnough) {
  const auto config = load("directory: data\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->directory, folder / "data");
  EXPECT_EQ(config->console.port, 8080);
  EXPECT_FALSE(config->training.allow_command) << "somebody must have said so";
  EXPECT_TRUE(config->lake.keep_us.empty()) << "nothing is deleted unless somebody said so";
  EXPECT_EQ(config->console.token_file, folder / "data" / "api-token");
}

TEST_F(PlatformConfigTest, EveryKeyIsRead) {
  const auto config = load(
      "directory: /d\ndata_source: 'simulated: x'\n"
      "console: {address: '::1', port: 1, files: f, token_file: t, login_file: l, run_file: r}\n"
      "device_api: {address: 0.0.0.0, port: 2}\ndevices: [{name: edge-1, site: s}]\nbroker: {host: h, port: 3}\n"
      "credentials: {certificate_authority: a, certificate: c, key: k}\n"
      "lake: {writer_memory: 1GB, reader_memory: 2GB, commit_every: 1 s, commit_rows: 4, queue_rows: 5, keep: "
      "{samples: 400 d, events: 30 d}}\n"
      "training: {threads: 6, allow_command: true, command_limit: 5 min}\nlog_level: debug\n");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->devices.front().site, "s");
  EXPECT_EQ(config->broker.port, 3);
  EXPECT_EQ(config->credentials.key, folder / "k");
  EXPECT_EQ(config->lake.commit_every_us, 1'000'000);
  EXPECT_EQ(config->lake.keep_us,
            (std::map<std::string, std::int64_t>{{"samples", 400 * 86'400'000'000}, {"events", 30 * 86'400'000'000}}));
  EXPECT_EQ(config->training.threads, 6u);
  EXPECT_TRUE(config->training.allow_command);
  EXPECT_EQ(config->training.command_limit_us, 300'000'000);
}

TEST_F(PlatformConfigTest, MistakesNameFileAndLine) {
  const auto config = load("directory: /d\nconsole:\n  adress: x\n  address: 0.0.0.0\n");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("platform.yaml:3"), std::string::npos) << config.error().message;
  EXPECT_NE(config.error().message.find("did you mean \"address\""), std::string::npos) << config.error().message;
  EXPECT_NE(config.error().message.find("loopback"), std::string::npos) << config.error().message;
}

TEST_F(PlatformConfigTest, WhatIsCountedFromAndWhatIsNewCannotBeDeleted) {
  const auto table = load("directory: /d\nlake:\n  keep: {work_orders: 400 d}\n");
  ASSERT_FALSE(table);
  EXPECT_NE(table.error().message.find("platform.yaml:3"), std::string::npos) << table.error().message;
  const auto hours = load("directory: /d\nlake:\n  keep: {samples: 2 h}\n");
  ASSERT_FALSE(hours);
  EXPECT_NE(hours.error().message.find("a day or more"), std::string::npos) << hours.error().message;
}

}  // namespace
}  // namespace millrace
