#include "cli/csv.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace millrace::cli {
namespace {

TEST(Csv, QuotesWhatNeedsIt) { EXPECT_EQ(csv_line({"a", "b,c", "say \"x\"", ""}), "a,\"b,c\",\"say \"\"x\"\"\",\n"); }

TEST(Csv, WritesTables) {
  const auto table =
      nlohmann::json::parse(R"({"columns": ["asset", "value"], "rows": [["engine-1", 1.5], ["engine-2", null]]})");
  EXPECT_EQ(csv_table(table), "asset,value\nengine-1,1.5\nengine-2,\n");
  EXPECT_EQ(csv_table(table, false), "engine-1,1.5\nengine-2,\n");
}

TEST(Csv, SplitsAtLinesAndKeepsTheHeader) {
  const auto pieces = split_csv("h\naaa\nbbb\nccc\nddd", 10);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].text, "h\naaa\nbbb\n");
  EXPECT_EQ(pieces[0].first_line, 2u);
  EXPECT_EQ(pieces[1].text, "h\nccc\nddd");
  EXPECT_EQ(pieces[1].first_line, 4u);
}

TEST(Csv, ALineLargerThanThePieceStillGoes) {
  const auto pieces = split_csv("h\naaaaaaaaaaaaaaaaaaaa\nb\n", 4);
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].text, "h\naaaaaaaaaaaaaaaaaaaa\n");
}

TEST(Csv, AnEmptyTextIsOneEmptyPiece) {
  ASSERT_EQ(split_csv("", 10).size(), 1u);
  EXPECT_EQ(split_csv("header only", 10).front().text, "header only");
}

}  // namespace
}  // namespace millrace::cli
