#include "lake/duckdb/duckdb_lake.hpp"

#include <gtest/gtest.h>

#include <stdlib.h>

namespace millrace {
namespace {

constexpr TimeUs second_us = 1'000'000, day_us = 86'400 * second_us;
constexpr TimeUs after_all_us = 4'000'000'000'000'000;

class RetentionTest : public testing::Test {
 protected:
  RetentionTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-lake-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    lake_ = std::move(*open_duckdb_lake({.folder = folder_}));
  }
  ~RetentionTest() override {
    lake_.reset();
    std::filesystem::remove_all(folder_);
  }
  /// A day of `rows` points of each of two signals; 1 is the clock.
  SnapshotId commit_day(int day, int rows) {
    LakeCommit commit;
    for (int row = 0; row < rows; ++row) {
      for (std::int32_t id = 1; id <= 2; ++id)
        commit.samples.add(id, day * day_us + row * second_us, day + row * 0.25, status::good);
    }
    return *lake_->commit(commit, "test", "test", {});
  }
  double number(const std::string& sql) { return lake_->query(sql)->number(0, 0); }
  std::filesystem::path folder_;
  std::unique_ptr<Lake> lake_;
};

TEST_F(RetentionTest, OldRowsGoAndWhatAModelWasTrainedOnStays) {
  commit_day(1, 500);
  commit_day(2, 20);  // inlined
  const auto pinned = commit_day(3, 500);
  for (int day = 4; day <= 10; ++day) commit_day(day, 500);
  const auto of_snapshot = "FROM samples AT (VERSION => " + std::to_string(pinned) + ")";
  const auto sum = number("SELECT sum(value) " + of_snapshot);
  const MaintenanceOptions options{.keep = {pinned},
                                   .expire_before_us = after_all_us,
                                   .spare_files_us = 0,
                                   .retention = {{"samples", 9 * day_us}},
                                   .spared_signals = {1},
                                   .step_rows = 700};
  const auto maintained = lake_->maintain(options);
  ASSERT_TRUE(maintained) << maintained.error().message;
  EXPECT_EQ(number("SELECT count(*) FROM samples WHERE signal_id = 2"), 2 * 500);
  EXPECT_EQ(number("SELECT min(epoch_us(source_time)) FROM samples WHERE signal_id = 2"), 9 * day_us);
  EXPECT_EQ(number("SELECT count(*) FROM samples WHERE signal_id = 1"), 9 * 500 + 20) << "the clock is kept";
  for (int again = 0; again < 3; ++again) {
    EXPECT_EQ(number("SELECT count(*) " + of_snapshot), 2 * 1'020) << again;
    EXPECT_EQ(number("SELECT sum(value) " + of_snapshot), sum) << again;
    commit_day(11 + again, 300);
    ASSERT_TRUE(lake_->maintain(options));
  }
}

TEST_F(RetentionTest, StepsAreBoundedAndGoOnNextTime) {
  for (int day = 1; day <= 30; ++day) commit_day(day, 300);
  const MaintenanceOptions options{.retention = {{"samples", 31 * day_us}}, .step_rows = 600};
  ASSERT_TRUE(lake_->maintain(options));
  const auto left = number("SELECT count(*) FROM samples");
  EXPECT_GT(left, 0) << "no more than so many steps at a time";
  EXPECT_LT(left, 30 * 600);
  ASSERT_TRUE(lake_->maintain(options));
  EXPECT_LT(number("SELECT count(*) FROM samples"), left);
}

TEST_F(RetentionTest, FreesTheSpaceOfRowsThatNobodyRefersTo) {
  for (int day = 1; day <= 10; ++day) commit_day(day, 2'000);
  const auto bytes = [&] {
    std::uintmax_t sum = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_ / "data")) {
      if (entry.is_regular_file()) sum += entry.file_size();
    }
    return sum;
  };
  MaintenanceOptions options{.expire_before_us = after_all_us, .spare_files_us = 0};
  ASSERT_TRUE(lake_->maintain(options));
  const auto before = bytes();
  options.retention = {{"samples", 9 * day_us}};
  ASSERT_TRUE(lake_->maintain(options));
  ASSERT_TRUE(lake_->maintain(options));
  EXPECT_LT(bytes(), before / 2);
}

TEST_F(RetentionTest, TheFirstSignOfLifeStaysAndOtherEventsGo) {
  LakeCommit rows;
  rows.events = {{1, "s", "a", "online", ""}, {1, "s", "a", "gap", "{}"}, {3 * day_us, "s", "a", "gap", "{}"}};
  rows.decisions = {{.decision_id = "old", .time_us = 1}, {.decision_id = "new", .time_us = 3 * day_us}};
  rows.quality = {{1, "s", "a", "x", "range", 1}};
  rows.kpis = {{1, "u", "k", 1, 1}};
  rows.work_orders = {{.time_us = 1, .asset = "a", .kind = "failure"}};
  ASSERT_TRUE(lake_->commit(rows, "", "", ""));
  MaintenanceOptions options;
  for (const auto& table : ageing_tables) options.retention.push_back({std::string(table.name), 2 * day_us});
  const auto maintained = lake_->maintain(options);
  ASSERT_TRUE(maintained) << maintained.error().message;
  EXPECT_EQ(number("SELECT count(*) FROM events"), 2);
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE kind = 'online'"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM decisions WHERE decision_id = 'new'"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM decisions"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM quality"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM kpis"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM work_orders"), 1);
  EXPECT_EQ(lake_->maintain({.retention = {{"work_orders", 2 * day_us}}}).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace millrace
