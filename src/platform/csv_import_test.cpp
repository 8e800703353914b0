#include "platform/csv_import.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace millrace {
namespace {

UseCase use_case() {
  UseCase made;
  made.name = "turbofan";
  for (const auto* name : {"T24", "Ps30", "cycle"}) {
    UseCase::SignalDeclaration signal;
    signal.name = name;
    made.signals.push_back(signal);
  }
  return made;
}

std::string error_of(std::string_view csv) {
  const auto parsed = parse_csv_samples(csv, use_case());
  return parsed ? "" : parsed.error().message;
}

TEST(CsvImport, ReadsSamplesAndLeavesOutEmptyCells) {
  const auto samples = parse_csv_samples(
      "\xEF\xBB\xBF"
      "asset,time,T24,cycle\r\nengine-001,2026-01-01T00:00:00Z,641.82,1\r\n"
      "\nengine-002,2026-01-01T00:00:01Z,,2\n\"engine-001\",2026-01-01T00:00:02Z,6e2,3",
      use_case());
  ASSERT_TRUE(samples) << samples.error().message;
  EXPECT_EQ(samples->rows, 3u);
  EXPECT_EQ(samples->assets, (std::vector<std::string>{"engine-001", "engine-002"}));
  ASSERT_EQ(samples->points.size(), 5u);
  EXPECT_EQ(samples->points[0].value, 641.82);
  EXPECT_EQ(samples->points[2].asset, 1u);
  EXPECT_EQ(samples->points[2].signal, 1u);
  EXPECT_EQ(samples->points[3].value, 600);
}

TEST(CsvImport, ErrorsNameLineColumnValueAndRemedy) {
  EXPECT_NE(error_of("").find("first line"), std::string::npos);
  EXPECT_NE(error_of("a,b,c\n").find("line 1: the header must be"), std::string::npos);
  EXPECT_NE(error_of("asset,time,T42\n").find("'T42' is no signal of turbofan; there are: T24, Ps30, cycle"),
            std::string::npos);
  EXPECT_NE(error_of("asset,time,T24,T24\n").find("twice"), std::string::npos);
  EXPECT_NE(error_of("asset,time,T24\ne-1,2026-01-01,1\ne-1,2026-01-01,x1\n").find("line 3: T24 is 'x1'"),
            std::string::npos);
  EXPECT_NE(error_of("asset,time,T24\ne-1,yesterday,1\n").find("line 2: time is 'yesterday'"), std::string::npos);
  EXPECT_NE(error_of("asset,time,T24\ne-1,2026-01-01\n").find("line 2: 2 cells, the header has 3"), std::string::npos);
  EXPECT_NE(error_of("asset,time,T24\na/b,2026-01-01,1\n").find("line 2: asset is 'a/b'"), std::string::npos);
  const auto piece = parse_csv_samples("asset,time,T24\ne-1,2026-01-01,x\n", use_case(), 1000);
  EXPECT_NE(piece.error().message.find("line 1000"), std::string::npos);
}

TEST(CsvImport, ReadsWorkOrders) {
  const auto orders = parse_csv_work_orders(
      "asset,time,kind,clock,remaining_life\ne-1,2026-01-01T00:00:00Z,failure,192,0\n"
      "e-2,2026-01-01T00:00:00Z,overhaul,,\n",
      "site-1", "turbofan");
  ASSERT_TRUE(orders) << orders.error().message;
  ASSERT_EQ(orders->size(), 2u);
  EXPECT_EQ((*orders)[0].clock, 192);
  EXPECT_EQ((*orders)[0].site, "site-1");
  EXPECT_EQ((*orders)[0].source, "import");
  EXPECT_TRUE(std::isnan((*orders)[1].clock));
  EXPECT_FALSE(parse_csv_work_orders("asset,time\n", "s", "u"));
  EXPECT_FALSE(parse_csv_work_orders("asset,time,kind,clock,remaining_life\ne-1,2026-01-01,Big Failure,,\n", "s", "u"));
}

}  // namespace
}  // namespace millrace
