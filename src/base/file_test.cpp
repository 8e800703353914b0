#include "base/file.hpp"

#include "base/id.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace millrace {
namespace {

class FileTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("millrace-file-" + random_id());
};

TEST_F(FileTest, replaces_in_one_step_and_makes_folders) {
  auto path = folder_ / "a" / "b.txt";
  ASSERT_TRUE(write_file(path, "one"));
  ASSERT_TRUE(write_file(path, "two"));
  EXPECT_EQ(*read_file(path), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1);
}

TEST_F(FileTest, secrets_are_readable_by_the_owner_only) {
  auto path = folder_ / "key.pem";
  ASSERT_TRUE(write_file(path, "secret", FileMode::secret));
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(FileTest, a_secret_ends_where_its_line_does) {
  const auto path = folder_ / "password";
  ASSERT_TRUE(write_file(path, " two words \r\n"));
  EXPECT_EQ(*read_secret(path), " two words");
  ASSERT_TRUE(write_file(path, "\n"));
  EXPECT_EQ(*read_secret(path), "");
  EXPECT_EQ(read_secret(folder_ / "none").error().code, ErrorCode::not_found);
}

TEST_F(FileTest, a_missing_file_is_named) {
  auto result = read_file(folder_ / "nothing");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::not_found);
  EXPECT_NE(result.error().message.find("nothing"), std::string::npos);
}

TEST_F(FileTest, what_cannot_be_read_is_an_error_and_no_empty_file) {
  EXPECT_EQ(read_file("/proc/self/mem").error().code, ErrorCode::unavailable);  // opens, then EIO
  EXPECT_EQ(read_file(std::filesystem::temp_directory_path()).error().code, ErrorCode::unavailable);
  ASSERT_TRUE(write_file(folder_ / "empty", ""));
  EXPECT_EQ(*read_file(folder_ / "empty"), "");
}

}  // namespace
}  // namespace millrace
