#include "platform/quality_report.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

using nlohmann::json;

UseCase use_case() {
  UseCase made;
  made.name = "watch";
  made.quality = {.missing = 0.05, .stuck_rows = 20};
  return made;
}

QueryResult found() {
  QueryResult result;
  const auto row = [&](const char* asset, const char* signal, const char* kind, std::int64_t n) {
    result.rows.push_back({"2026-11-22", "plant", asset, signal, kind, n});
  };
  row("e1", "T24", "points", 100);
  row("e1", "T24", "missing", 4);
  row("e1", "T30", "points", 100);
  row("e1", "T30", "stuck", 7);
  row("e2", "T24", "points", 100);
  row("e2", "T24", "missing", 6);
  row("e2", "T24", "late", 1);
  return result;
}

json policy_of(const json& report, const std::string& kind) {
  for (const auto& each : report["policy"]) {
    if (each["kind"] == kind) return each;
  }
  return {};
}

TEST(QualityReport, holds_each_kind_against_the_limit_of_the_file) {
  const auto report = quality_report(use_case(), found());
  EXPECT_EQ(report["policy"].size(), 7u);
  EXPECT_EQ(policy_of(report, "missing")["limit"], "<= 5 %");
  EXPECT_EQ(policy_of(report, "missing")["count"], 10);
  EXPECT_EQ(policy_of(report, "missing")["worst_share"], 0.06);
  EXPECT_EQ(policy_of(report, "missing")["kept"], false);
  EXPECT_EQ(policy_of(report, "stuck")["kept"], false);
  EXPECT_EQ(policy_of(report, "duplicate")["kept"], true);
  EXPECT_TRUE(policy_of(report, "late")["kept"].is_null()) << "the file sets no freshness";
  EXPECT_EQ(policy_of(report, "late")["count"], 1);
}

TEST(QualityReport, says_which_asset_and_signal) {
  const auto report = quality_report(use_case(), found());
  ASSERT_EQ(report["assets"].size(), 2u);
  const auto& first = report["assets"][0];
  EXPECT_EQ(first["asset"], "e1");
  EXPECT_EQ(first["points"], 200);
  EXPECT_EQ(first["broken"], json::array({"stuck"})) << "4 % of T24 are missing: within the limit";
  EXPECT_EQ(first["signals"][1]["signal"], "T30");
  EXPECT_EQ(first["signals"][1]["counts"]["stuck"], 7);
  EXPECT_EQ(report["assets"][1]["broken"], json::array({"missing"}));
  EXPECT_EQ(report["days"][0]["day"], "2026-11-22");
  EXPECT_EQ(report["days"][0]["counts"]["missing"], 10);
}

}  // namespace
}  // namespace millrace
