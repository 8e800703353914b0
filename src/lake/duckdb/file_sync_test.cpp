#include "lake/duckdb/file_sync.hpp"

#include "base/file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace millrace::duck {
namespace {

TEST(FileSync, SyncsNewFilesOnceAndTellsWhatItCannot) {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-sync-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const std::filesystem::path folder = pattern;
  ASSERT_TRUE(write_file(folder / "main" / "samples" / "old.parquet", "old"));
  FileSync sync(folder);
  sync.start();
  EXPECT_TRUE(sync.sync_new_files());
  ASSERT_TRUE(write_file(folder / "main" / "samples" / "new.parquet", "new"));
  EXPECT_TRUE(sync.sync_new_files());
  std::filesystem::create_symlink("/nowhere/x", folder / "main" / "gone.parquet");
  const auto failed = sync.sync_new_files();
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("gone.parquet"), std::string::npos);
  EXPECT_TRUE(FileSync(folder / "absent").sync_new_files()) << "no folder yet: nothing to do";
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace millrace::duck
