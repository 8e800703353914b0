#include "edge/window_store.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace millrace {
namespace {

TEST(WindowStore, keeps_bytes_of_any_kind_over_a_restart) {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-windows-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i);
  {
    const auto store = WindowStore::open(folder / "windows.sqlite");
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->save({{"pump", "s", "a", "old"}, {"pump", "s", "b", ""}}));
    ASSERT_TRUE((*store)->save({{"pump", "s", "a", bytes}}));
  }
  const auto entries = (*WindowStore::open(folder / "windows.sqlite"))->load();
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 2u);
  EXPECT_EQ((*entries)[0].bytes, bytes);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace millrace
