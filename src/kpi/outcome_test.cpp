#include "kpi/outcome.hpp"

#include "lake/duckdb/duckdb_lake.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

namespace millrace {
namespace {

class OutcomeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-kpi-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    auto opened = open_duckdb_lake({.folder = folder_});
    ASSERT_TRUE(opened) << opened.error().message;
    lake_ = std::move(*opened);
    use_case_.name = "turbofan";
    use_case_.outcome = {.kpi = "unplanned_failures_per_1000_cycles",
                         .baseline = {.policy = "run_to_failure", .measured = 4.9},
                         .target = {.value = -0.2},
                         .guard = {{"wasted_cycles_per_engine", {CompareOperator::less_equal, 25, "cycles"}}}};
    use_case_.signals.push_back({.name = "cycle", .role = SignalRole::clock});
    use_case_.model.label.cap = 125;
  }
  void TearDown() override {
    lake_.reset();
    std::filesystem::remove_all(folder_);
  }
  void store(const LakeCommit& rows) {
    const auto stored = lake_->commit(rows, "test", "", "");
    ASSERT_TRUE(stored) << stored.error().message;
  }
  OutcomeReport measure() {
    auto report = measure_outcome(*lake_, use_case_);
    EXPECT_TRUE(report) << report.error().message;
    return report ? *report : OutcomeReport{};
  }
  static constexpr TimeUs second = 1'000'000, live = 1'790'000'000ll * second;
  std::filesystem::path folder_;
  std::unique_ptr<Lake> lake_;
  UseCase use_case_;
};

TEST_F(OutcomeTest, SaysWhatTheFileSaysWhileNothingIsKnown) {
  const auto report = measure();
  EXPECT_EQ(report.baseline, 4.9);
  EXPECT_EQ(report.baseline_n, 0);
  EXPECT_NEAR(report.target, 3.92, 1e-9);
  EXPECT_TRUE(std::isnan(report.current));
  EXPECT_FALSE(report.met.has_value());
  EXPECT_TRUE(report.lower_is_better);
  ASSERT_EQ(report.guards.size(), 1u);
  EXPECT_FALSE(report.guards[0].met.has_value());
  EXPECT_TRUE(report.series.empty());
}

TEST_F(OutcomeTest, TellsHistoryAndLiveApart) {
  LakeCommit rows;
  for (int i = 0; i < 4; ++i) {  // history: four engines ran to failure at 200 cycles
    rows.work_orders.push_back({.time_us = 1'000 * second + i,
                                .site = "plant",
                                .asset = "engine-00" + std::to_string(i),
                                .kind = "failure",
                                .clock = 200,
                                .use_case = "turbofan",
                                .source = "import"});
  }
  rows.work_orders.push_back({.time_us = 5, .kind = "failure", .clock = 1, .use_case = "another", .source = "import"});
  rows.signals = {{1, "plant", "engine-061", "cycle", "cycles", ""},
                  {2, "plant", "engine-062", "cycle", "cycles", ""},
                  {3, "plant", "engine-001", "cycle", "cycles", ""}};
  for (const auto* asset : {"engine-061", "engine-062"})
    rows.events.push_back({live, "plant", asset, "online", "gateway"});
  for (int cycle = 1; cycle <= 200; ++cycle) rows.samples.add(3, 900 * second + cycle, cycle, status::good);
  for (int cycle = 1; cycle <= 100; ++cycle) {
    rows.samples.add(1, live + cycle * second, cycle, status::good);
    rows.samples.add(2, live + cycle * second, cycle + 50, status::good);
  }
  rows.work_orders.push_back({.time_us = live + 100 * second,
                              .site = "plant",
                              .asset = "engine-061",
                              .kind = "overhaul",
                              .clock = 100,
                              .remaining_life = 16,
                              .use_case = "turbofan",
                              .source = "live"});
  // At cycle 90 of 116 the truth is 26; the model said 30. The other engine's truth is not known yet.
  rows.decisions.push_back({.decision_id = "a",
                            .site = "plant",
                            .asset = "engine-061",
                            .use_case = "turbofan",
                            .clock = 90,
                            .prediction = 30,
                            .source_time_us = live + 90 * second,
                            .received_us = live + 92 * second});
  rows.decisions.push_back({.decision_id = "b",
                            .site = "plant",
                            .asset = "engine-062",
                            .use_case = "turbofan",
                            .clock = 90,
                            .prediction = 30,
                            .source_time_us = live + 90 * second,
                            .received_us = live + 94 * second});
  store(rows);

  auto report = measure();
  EXPECT_NEAR(report.baseline, 5.0, 1e-9);
  EXPECT_EQ(report.baseline_n, 4);
  EXPECT_NEAR(report.target, 4.0, 1e-9);
  EXPECT_EQ(report.current, 0) << "no failure in 250 cycles";
  EXPECT_EQ(report.n, 1);
  EXPECT_EQ(report.met, true);
  EXPECT_EQ(report.guards[0].current, 16);
  EXPECT_EQ(report.guards[0].met, true);
  ASSERT_FALSE(report.series.empty());
  EXPECT_EQ(report.series.back().time_us, live + 100 * second);
  EXPECT_EQ(report.series.back().guard, 16);
  EXPECT_LE(report.series.size(), 300u);

  LakeCommit failure;
  failure.work_orders.push_back({.time_us = live + 110 * second,
                                 .site = "plant",
                                 .asset = "engine-062",
                                 .kind = "failure",
                                 .clock = 150,
                                 .use_case = "turbofan",
                                 .source = "live"});
  store(failure);
  report = measure();
  EXPECT_NEAR(report.current, 1'000.0 / 250, 1e-9);
  EXPECT_EQ(report.met, true);

  use_case_.outcome.kpi = "prediction_rmse";
  use_case_.outcome.baseline = {.measured = 20};
  report = measure();
  EXPECT_EQ(report.n, 2);
  EXPECT_NEAR(report.current, std::sqrt((4.0 * 4 + 30.0 * 30) / 2), 1e-9) << "60 cycles were left of the second engine";
  EXPECT_NEAR(report.target, 16, 1e-9);
  use_case_.outcome.kpi = "time_to_insight";
  EXPECT_NEAR(measure().current, 3, 1e-9);
}

TEST_F(OutcomeTest, MeasuresABaselineFromATime) {
  LakeCommit rows;
  for (const TimeUs time : {10, 20, 30}) {
    rows.work_orders.push_back({.time_us = time * second,
                                .site = "p",
                                .asset = "a",
                                .kind = "failure",
                                .clock = 100,
                                .use_case = "turbofan",
                                .source = "live"});
  }
  store(rows);
  use_case_.outcome.baseline = {.from_us = 15 * second, .to_us = 30 * second};
  const auto report = measure();
  EXPECT_EQ(report.baseline_n, 1);
  EXPECT_NEAR(report.baseline, 10, 1e-9);
}

TEST_F(OutcomeTest, NamesTheKnownKpis) {
  use_case_.outcome.kpi = "happiness";
  const auto report = measure_outcome(*lake_, use_case_);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::not_found);
  EXPECT_NE(report.error().message.find("wasted_cycles_per_engine"), std::string::npos);
}

}  // namespace
}  // namespace millrace
