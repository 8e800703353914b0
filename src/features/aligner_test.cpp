#include "features/aligner.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace millrace {
namespace {

struct Closed {
  TimeUs time_us;
  std::vector<double> values;
  std::vector<Cell> cells;
  bool late;
};

class AlignerTest : public ::testing::Test {
 protected:
  auto sink() {
    return [this](const Row& row) {
      rows_.push_back(
          {row.source_time_us, {row.values.begin(), row.values.end()}, {row.cells.begin(), row.cells.end()}, row.late});
    };
  }
  void push(std::size_t column, TimeUs source_us, double value, TimeUs now_us = 0, StatusCode code = status::good) {
    aligner_.push(column, source_us, code, value, now_us, sink());
  }
  Aligner aligner_{2, 1000};
  std::vector<Closed> rows_;
};

TEST_F(AlignerTest, a_row_is_closed_when_all_columns_are_there) {
  push(1, 10, 2);
  EXPECT_TRUE(rows_.empty());
  push(0, 10, 1);
  ASSERT_EQ(rows_.size(), 1u);
  EXPECT_EQ(rows_[0].values, (std::vector<double>{1, 2}));
}

TEST_F(AlignerTest, a_newer_time_closes_the_row) {
  push(0, 10, 1);
  push(0, 20, 3);
  ASSERT_EQ(rows_.size(), 1u);
  EXPECT_EQ(rows_[0].cells[1], Cell::absent);
  EXPECT_TRUE(std::isnan(rows_[0].values[1]));
}

TEST_F(AlignerTest, time_closes_the_row) {
  push(0, 10, 1, 5000);
  aligner_.poll(5999, sink());
  EXPECT_TRUE(rows_.empty());
  aligner_.poll(6000, sink());
  EXPECT_EQ(rows_.size(), 1u);
}

TEST_F(AlignerTest, samples_for_a_closed_time_come_out_as_late_rows) {
  push(0, 10, 1);
  push(0, 20, 3);
  push(1, 10, 2);
  ASSERT_EQ(rows_.size(), 2u);
  EXPECT_TRUE(rows_[1].late);
  EXPECT_EQ(rows_[1].time_us, 10);
  EXPECT_EQ(rows_[1].values[1], 2);
  EXPECT_EQ(rows_[1].cells[0], Cell::absent);
  EXPECT_EQ(aligner_.late_samples(), 1u);
}

TEST_F(AlignerTest, of_two_readings_of_a_time_the_first_counts) {
  push(0, 10, 1);
  push(0, 10, 7);
  push(1, 10, 2);
  push(1, 10, 8);  // the row is closed: a late row, which the window merges in the same way
  ASSERT_EQ(rows_.size(), 2u);
  EXPECT_EQ(rows_[0].values, (std::vector<double>{1, 2}));
  EXPECT_TRUE(rows_[1].late);
}

TEST_F(AlignerTest, bad_values_are_there_but_not_used) {
  push(0, 10, 99, 0, status::bad_out_of_range);
  push(1, 10, NAN);
  ASSERT_EQ(rows_.size(), 1u);
  EXPECT_EQ(rows_[0].cells[0], Cell::bad);
  EXPECT_EQ(rows_[0].cells[1], Cell::bad);
  EXPECT_TRUE(std::isnan(rows_[0].values[0]));
}

TEST_F(AlignerTest, after_a_reset_older_times_are_late) {
  aligner_.reset(100);
  push(0, 90, 1);
  ASSERT_EQ(rows_.size(), 1u);
  EXPECT_TRUE(rows_[0].late);
  push(0, 110, 1);
  aligner_.flush(sink());
  EXPECT_FALSE(rows_[1].late);
}

}  // namespace
}  // namespace millrace
