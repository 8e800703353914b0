#include "ingest/work_order_watch.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace millrace {
namespace {

constexpr std::int32_t clock_id = 1, code_id = 2, finding_id = 3, other_id = 4;

class WorkOrderWatchTest : public testing::Test {
 protected:
  void SetUp() override { declare(watch_); }
  static void declare(WorkOrderWatch& watch) {
    watch.declare({clock_id, "plant", "engine-061", "cycle", "", ""},
                  {.role = SignalRole::clock, .use_case = "turbofan"});
    watch.declare({code_id, "plant", "engine-061", "work", "", ""},
                  {.role = SignalRole::work_order, .codes = {{1, "overhaul"}, {2, "failure"}}, .use_case = "turbofan"});
    watch.declare({finding_id, "plant", "engine-061", "found", "", ""},
                  {.role = SignalRole::finding, .use_case = "turbofan"});
    watch.declare({other_id, "plant", "engine-061", "T24", "", ""}, {});
  }
  void send(std::vector<std::tuple<std::int32_t, TimeUs, double>> points, TimeUs now_us = 0) {
    SampleBatch batch;
    for (const auto& [id, time, value] : points) batch.add(id, time, value, status::good);
    watch_.update(batch, 0, now_us, orders_);
  }
  WorkOrderWatch watch_;
  std::vector<WorkOrderRow> orders_;
};

TEST_F(WorkOrderWatchTest, TakesAgeAndFindingOfTheSameMoment) {
  EXPECT_FALSE(watch_.watches(other_id));
  EXPECT_EQ(watch_.watched(), (std::vector<std::int32_t>{1, 2, 3}));
  send({{clock_id, 10, 179}, {code_id, 10, 0}, {other_id, 10, 1}, {finding_id, 10, 0}});
  send({{code_id, 20, 1},
        {other_id, 20, 1},
        {finding_id, 20, 16},
        {clock_id, 20, 180},
        {clock_id, 30, 1},
        {code_id, 30, 0}});
  ASSERT_EQ(orders_.size(), 1u);
  EXPECT_EQ(orders_[0].time_us, 20);
  EXPECT_EQ(orders_[0].kind, "overhaul");
  EXPECT_EQ(orders_[0].clock, 180);
  EXPECT_EQ(orders_[0].remaining_life, 16);
  EXPECT_EQ(orders_[0].source, "live");
  EXPECT_EQ(orders_[0].use_case, "turbofan");
}

TEST_F(WorkOrderWatchTest, WaitsForARowThatComesInPieces) {
  send({{code_id, 20, 2}});
  EXPECT_TRUE(orders_.empty());
  send({{clock_id, 20, 200}});
  send({{finding_id, 20, 0}});
  ASSERT_EQ(orders_.size(), 1u);
  EXPECT_EQ(orders_[0].kind, "failure");
  EXPECT_EQ(orders_[0].clock, 200);
}

TEST_F(WorkOrderWatchTest, GivesUpWaitingAndKeepsWhatWasSaidLast) {
  send({{finding_id, 5, 7}, {code_id, 20, 1}}, 1'000'000);
  watch_.on_timer(2'000'000, orders_);
  EXPECT_TRUE(orders_.empty());
  watch_.on_timer(3'000'000, orders_);
  ASSERT_EQ(orders_.size(), 1u);
  EXPECT_TRUE(std::isnan(orders_[0].clock));
  EXPECT_EQ(orders_[0].remaining_life, 7);
}

TEST_F(WorkOrderWatchTest, FindsEventsOfABacklogThatComesLate) {
  send({{code_id, 50, 0}, {clock_id, 50, 9}, {finding_id, 50, 0}});
  send({{code_id, 20, 2}, {clock_id, 20, 200}, {finding_id, 20, 0}});
  ASSERT_EQ(orders_.size(), 1u);
  EXPECT_EQ(orders_[0].time_us, 20);
  EXPECT_EQ(orders_[0].clock, 200);
}

TEST_F(WorkOrderWatchTest, TellsAHeldCodeOnceInAnyOrder) {
  const auto row = [](TimeUs t, double code) {
    return std::vector<std::tuple<std::int32_t, TimeUs, double>>{
        {code_id, t, code}, {clock_id, t, 1}, {finding_id, t, 1}};
  };
  for (const TimeUs t : {30, 20, 40, 30}) send(row(t, 1));
  send(row(50, 0));
  EXPECT_EQ(orders_.size(), 1u);
  send(row(60, 1));
  EXPECT_EQ(orders_.size(), 2u);
}

TEST_F(WorkOrderWatchTest, MakesNoWorkOrderTwiceAfterARestart) {
  send({{code_id, 20, 1}, {clock_id, 20, 2}, {finding_id, 20, 3}});
  ASSERT_EQ(orders_.size(), 1u);
  WorkOrderWatch restarted;
  restarted.know("plant", "engine-061", 20);
  declare(restarted);
  SampleBatch replayed;
  for (const TimeUs t : {20, 30}) {
    replayed.add(code_id, t, t == 20 ? 1 : 2, status::good);
    replayed.add(clock_id, t, 2, status::good);
    replayed.add(finding_id, t, 3, status::good);
  }
  orders_.clear();
  restarted.update(replayed, 0, 0, orders_);
  ASSERT_EQ(orders_.size(), 1u) << "only the one that is not stored yet";
  EXPECT_EQ(orders_[0].time_us, 30);
}

}  // namespace
}  // namespace millrace
