#include "cmapss/cmapss.hpp"

#include "base/file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace millrace::cmapss {
namespace {

namespace fs = std::filesystem;

class CmapssTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "millrace-cmapss-XXXXXX").string();
    folder = mkdtemp(pattern.data());
  }
  void TearDown() override { fs::remove_all(folder); }
  fs::path folder;
};

std::string row(int unit, int cycle) {
  std::string text = std::to_string(unit) + " " + std::to_string(cycle);
  for (int k = 0; k < 24; ++k) text += " " + std::to_string(k) + ".5";
  return text + "  \n";
}

TEST_F(CmapssTest, ReadsPlainAndGzipFilesAlike) {
  const std::string text = row(1, 1) + row(1, 2) + row(2, 1);
  ASSERT_TRUE(write_file(folder / "train_X.txt", text));
  gzFile file = gzopen((folder / "test_X.txt.gz").c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  ASSERT_TRUE(write_file(folder / "RUL_X.txt", "7 \n12\n"));
  const auto subset = read_subset(folder, "X");
  ASSERT_TRUE(subset) << subset.error().message;
  ASSERT_EQ(subset->train.size(), 2U);
  EXPECT_EQ(subset->train[0].cycles.size(), 2U);
  EXPECT_EQ(subset->train[0].asset(), "engine-001");
  EXPECT_EQ(subset->test[1].cycles[0].values[23], 23.5);
  EXPECT_EQ(subset->truth, (std::vector<double>{7, 12}));
  EXPECT_EQ(list_subsets(folder), std::vector<std::string>{"X"});
}

TEST_F(CmapssTest, NamesTheLineThatIsWrong) {
  ASSERT_TRUE(write_file(folder / "train_X.txt", row(1, 1) + "1 2 3\n"));
  const auto engines = read_engines(folder / "train_X.txt");
  ASSERT_FALSE(engines);
  EXPECT_NE(engines.error().message.find("train_X.txt:2: 3 columns"), std::string::npos) << engines.error().message;
  EXPECT_EQ(read_engines(folder / "absent.txt").error().code, ErrorCode::not_found);
}

TEST(CmapssData, Fd001IsAsNasaDescribesIt) {
  const fs::path folder = find_recorded_data();
  if (folder.empty()) GTEST_SKIP() << "no recorded C-MAPSS files; set MILLRACE_DATA to the folder that holds cmapss/";
  const auto subset = read_subset(folder, "FD001");
  ASSERT_TRUE(subset) << subset.error().message;
  EXPECT_EQ(subset->train.size(), 100U);
  EXPECT_EQ(subset->test.size(), 100U);
  std::size_t rows = 0;
  for (const auto& engine : subset->train) rows += engine.cycles.size();
  EXPECT_EQ(rows, 20631U);
  EXPECT_DOUBLE_EQ(subset->train[0].cycles[0].values[4], 641.82);
}

TEST(CmapssUnits, AreARangeOrANumber) {
  EXPECT_EQ(*parse_units("61-100"), std::pair(61, 100));
  EXPECT_EQ(*parse_units("7"), std::pair(7, 7));
  for (const auto* wrong : {"", "x", "5-", "-3", "60-1", "a-b", "1-2-3", "0-4", "0"}) {
    EXPECT_FALSE(parse_units(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace millrace::cmapss
