#include "registry/artifact_store.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/id.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

struct ArtifactStoreTest : testing::Test {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("artifacts-" + random_id());
  ArtifactStore store{folder};
  ~ArtifactStoreTest() override { std::filesystem::remove_all(folder); }
};

TEST_F(ArtifactStoreTest, GivesBackWhatWasPut) {
  const std::string bytes("model\0bytes", 11);
  const auto name = store.put(bytes);
  ASSERT_TRUE(name);
  EXPECT_EQ(*name, sha256_hex(bytes));
  EXPECT_TRUE(store.contains(*name));
  EXPECT_EQ(*store.get(*name), bytes);
  EXPECT_EQ(*store.size(*name), 11u);
  EXPECT_EQ(*store.put(bytes), *name);
}

TEST_F(ArtifactStoreTest, NamesWhatIsMissing) {
  const auto name = sha256_hex("never stored");
  const auto bytes = store.get(name);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::not_found);
  EXPECT_NE(bytes.error().message.find(name), std::string::npos);
  EXPECT_FALSE(store.size(name));
}

TEST_F(ArtifactStoreTest, RefusesRottenBytesAndHealsThemWhenPutAgain) {
  const auto name = *store.put("precious");
  ASSERT_TRUE(write_file(folder / name.substr(0, 2) / name, "previous"));
  const auto bytes = store.get(name);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().code, ErrorCode::corrupt);
  ASSERT_TRUE(store.put("precious"));
  EXPECT_EQ(*store.get(name), "precious");
}

TEST_F(ArtifactStoreTest, TakesNothingButHashesAsNames) {
  for (const std::string name : {"", "../../etc/passwd", "ABCDEF", "a/b"}) {
    EXPECT_FALSE(store.contains(name));
    const auto bytes = store.get(name);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code, ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace millrace
