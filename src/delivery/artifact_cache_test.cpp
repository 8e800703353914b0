#include "delivery/artifact_cache.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/id.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::delivery {
namespace {

using ::testing::HasSubstr;

class ArtifactCacheTest : public ::testing::Test {
 protected:
  ~ArtifactCacheTest() override { std::filesystem::remove_all(folder_); }
  static Artifact artifact(const std::string& bytes) { return {"model.onnx", sha256_hex(bytes), bytes.size()}; }

  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("millrace-cache-" + random_id());
  ArtifactCache cache_{folder_};
};

TEST_F(ArtifactCacheTest, KeepsOnlyBytesOfTheSizeAndHashThatWereSaid) {
  const Artifact wanted = artifact("the model");
  EXPECT_THAT(cache_.store(wanted, "the mod").error().message, HasSubstr("7 of 9 bytes"));
  EXPECT_THAT(cache_.store(wanted, "the modem").error().message, HasSubstr("other bytes"));
  EXPECT_FALSE(cache_.holds(wanted.sha256));
  ASSERT_TRUE(cache_.store(wanted, "the model"));
  EXPECT_TRUE(cache_.holds(wanted.sha256));
  EXPECT_EQ(*cache_.read(wanted.sha256), "the model");
}

TEST_F(ArtifactCacheTest, WhatWasChangedOnDiskIsRemovedAndNotRead) {
  const Artifact wanted = artifact("the model");
  ASSERT_TRUE(cache_.store(wanted, "the model"));
  ASSERT_TRUE(write_file(folder_ / "artifacts" / wanted.sha256, "the modem"));
  EXPECT_EQ(cache_.read(wanted.sha256).error().code, ErrorCode::corrupt);
  EXPECT_FALSE(cache_.holds(wanted.sha256));
}

TEST_F(ArtifactCacheTest, ForgetsWhatNoAssignmentNeeds) {
  const Artifact old = artifact("old"), fresh = artifact("fresh");
  ASSERT_TRUE(cache_.store(old, "old"));
  ASSERT_TRUE(cache_.store(fresh, "fresh"));
  cache_.keep_only({.revision = "2", .use_cases = {{"pump", "2", fresh.sha256}}, .models = {}});
  EXPECT_FALSE(cache_.holds(old.sha256));
  EXPECT_TRUE(cache_.holds(fresh.sha256));
}

}  // namespace
}  // namespace millrace::delivery
