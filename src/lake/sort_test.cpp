#include "lake/sort.hpp"

#include <gtest/gtest.h>

#include <random>

namespace millrace {
namespace {

TEST(SampleOrder, IsEmptyWhenRowsLieInOrder) {
  SampleBatch batch;
  batch.add(1, 10, 0.5, status::good);
  batch.add(1, 20, 0.5, status::good);
  batch.add(7, 5, 0.5, status::good);
  EXPECT_TRUE(order_by_signal_and_time(batch).empty());
}

TEST(SampleOrder, SortsBySignalThenTimeForDenseAndSparseIds) {
  for (const std::int32_t spread : {1, 1'000'000}) {
    std::mt19937 random(7);
    SampleBatch batch;
    for (int i = 0; i < 2'000; ++i) {
      batch.add(static_cast<std::int32_t>(random() % 40) * spread, static_cast<TimeUs>(random() % 500), i,
                status::good);
    }
    const auto order = order_by_signal_and_time(batch);
    ASSERT_EQ(order.size(), batch.size());
    for (std::size_t i = 1; i < order.size(); ++i) {
      const auto a = order[i - 1], b = order[i];
      const auto left = std::tuple(batch.signal_id[a], batch.source_time_us[a], a);
      EXPECT_LT(left, std::tuple(batch.signal_id[b], batch.source_time_us[b], b)) << "stable";
    }
  }
}

TEST(SampleBatch, FillsTheServerTimesOnTheFirstOne) {
  SampleBatch batch;
  batch.add(1, 10, 0.5, status::good);
  EXPECT_TRUE(batch.server_time_us.empty());
  batch.add(1, 11, 0.5, status::good, 99);
  batch.add(1, 12, 0.5, status::good);
  EXPECT_EQ(batch.server_time_us, (std::vector<TimeUs>{0, 99, 0}));
}

}  // namespace
}  // namespace millrace
