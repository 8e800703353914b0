#include "edge/pipeline.hpp"

#include "edge/testing/sample_use_case.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace millrace {
namespace {

constexpr TimeUs second = 1'000'000;

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() : pipeline_(make()) {}
  std::unique_ptr<Pipeline> make() {
    return std::make_unique<Pipeline>(testing::sample_use_case(), "1", PipelineOptions{.device = "edge-1"}, clock_,
                                      [this](const DecisionRecord& record, bool) { records_.push_back(record); });
  }
  std::uint32_t column(const char* signal) { return *pipeline_->column_of(signal); }

  /// One complete row in one message.
  void row(int cycle, double a, StatusCode status = status::good, const std::string& asset = "p1") {
    clock_.advance_us(second);
    const std::size_t index = pipeline_->asset("plant-1", asset);
    pipeline_->begin(clock_.monotonic_us(), clock_.now_us());
    pipeline_->push(index, column("cycle"), cycle * second, status::good, cycle);
    pipeline_->push(index, column("a"), cycle * second, status, a);
    pipeline_->push(index, column("b"), cycle * second, status::good, 20);
    pipeline_->finish();
  }
  void code(double value, TimeUs source_us, const std::string& asset = "p1") {
    const std::size_t index = pipeline_->asset("plant-1", asset);
    pipeline_->begin(clock_.monotonic_us(), clock_.now_us());
    pipeline_->push(index, Pipeline::work_order, source_us, status::good, value);
    pipeline_->finish();
  }

  ManualClock clock_{1'790'000'000 * second};
  std::vector<DecisionRecord> records_;
  std::unique_ptr<Pipeline> pipeline_;
};

TEST_F(PipelineTest, collects_without_a_model_and_decides_with_one) {
  row(1, 90);
  EXPECT_TRUE(records_.empty());
  pipeline_->set_model(testing::sample_model());
  row(2, 90);
  ASSERT_EQ(records_.size(), 1u);
  const DecisionRecord& record = records_[0];
  EXPECT_EQ(record.asset, "p1");
  EXPECT_EQ(record.site, "plant-1");
  EXPECT_EQ(record.device, "edge-1");
  EXPECT_EQ(record.use_case, "pump");
  EXPECT_EQ(record.use_case_version, "1");
  EXPECT_EQ(record.model_version, "pump/1");
  EXPECT_EQ(record.prediction, 100);
  EXPECT_EQ(record.clock, 2);
  EXPECT_EQ(record.advice, "none");
  EXPECT_EQ(record.inputs_good, 1);
  EXPECT_EQ(record.source_time_us, 2 * second);
  EXPECT_EQ(record.unit, "cycles");
  EXPECT_EQ(record.feature_hash.size(), 64u);
}

TEST_F(PipelineTest, advises_after_the_hold_and_then_tells_the_features) {
  pipeline_->set_model(testing::sample_model());
  row(1, 10);
  row(2, 10);
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[0].advice, "none");
  EXPECT_TRUE(records_[0].features.empty());
  EXPECT_EQ(records_[1].advice, "overhaul");
  EXPECT_EQ(records_[1].features, (std::vector<float>{10, 10, 20, 20, 2}));
  EXPECT_NE(records_[0].decision_id, records_[1].decision_id);
}

TEST_F(PipelineTest, poor_inputs_give_no_advice) {
  pipeline_->set_model(testing::sample_model());
  row(1, 10, status::bad_sensor_failure);
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_EQ(records_[0].advice, "no_advice");
  EXPECT_EQ(records_[0].inputs_good, 0.5);
  EXPECT_EQ(records_[0].reason, "only 50 % of the inputs are good, 60 % are needed");
}

TEST_F(PipelineTest, a_work_order_ends_the_life) {
  pipeline_->set_model(testing::sample_model());
  row(1, 10);
  row(2, 10);
  code(1, 2 * second);
  row(3, 10);
  ASSERT_EQ(records_.size(), 3u);
  EXPECT_EQ(records_[2].advice, "none");  // the hold started anew
  code(1, 3 * second);                    // the same code again is no event
  row(4, 10);
  EXPECT_EQ(records_[3].advice, "overhaul");
}

TEST_F(PipelineTest, rows_of_one_message_are_decided_as_if_they_came_alone) {
  pipeline_->set_model(testing::sample_model());
  for (int cycle = 1; cycle <= 150; ++cycle) row(cycle, cycle % 7 == 0 ? 90 : 10);
  const auto alone = records_;
  records_.clear();
  pipeline_ = make();
  pipeline_->set_model(testing::sample_model());
  const std::size_t index = pipeline_->asset("plant-1", "p1");
  pipeline_->begin(0, 0);
  for (int cycle = 1; cycle <= 150; ++cycle) {
    pipeline_->push(index, column("cycle"), cycle * second, status::good, cycle);
    pipeline_->push(index, column("a"), cycle * second, status::good, cycle % 7 == 0 ? 90 : 10);
    pipeline_->push(index, column("b"), cycle * second, status::good, 20);
  }
  pipeline_->finish();
  ASSERT_EQ(records_.size(), alone.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(records_[i].prediction, alone[i].prediction);
    EXPECT_EQ(records_[i].advice, alone[i].advice);
    EXPECT_EQ(records_[i].features, alone[i].features);
  }
}

TEST_F(PipelineTest, silence_gives_no_advice_once) {
  pipeline_->set_model(testing::sample_model());
  row(1, 90);
  clock_.advance_us(5 * second);
  pipeline_->poll(clock_.monotonic_us(), clock_.now_us());
  pipeline_->poll(clock_.monotonic_us(), clock_.now_us());
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[1].advice, "no_advice");
  EXPECT_EQ(records_[1].reason, "no data for 5.0 s");
  EXPECT_TRUE(std::isnan(records_[1].prediction));
}

TEST_F(PipelineTest, an_incomplete_row_is_decided_when_its_time_is_up) {
  pipeline_->set_model(testing::sample_model());
  row(1, 90);
  const std::size_t index = pipeline_->asset("plant-1", "p1");
  pipeline_->begin(clock_.monotonic_us(), clock_.now_us());
  pipeline_->push(index, column("a"), 2 * second, status::good, 10);
  pipeline_->finish();
  EXPECT_EQ(records_.size(), 1u);
  clock_.advance_us(second);
  pipeline_->poll(clock_.monotonic_us(), clock_.now_us());
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[1].prediction, 10);
  EXPECT_EQ(records_[1].inputs_good, 1);  // what did not come is held
}

TEST_F(PipelineTest, a_new_model_takes_over_with_the_next_row_and_no_row_is_missed) {
  pipeline_->set_model(testing::sample_model());
  for (int cycle = 1; cycle <= 10; ++cycle) {
    if (cycle == 6) pipeline_->set_model(testing::sample_model(5, 200, "pump/2"));
    row(cycle, 90);
  }
  ASSERT_EQ(records_.size(), 10u);
  EXPECT_EQ(records_[4].model_version, "pump/1");
  EXPECT_EQ(records_[5].model_version, "pump/2");
  EXPECT_EQ(records_[5].prediction, 200);
  EXPECT_EQ(records_[5].clock, 6);
}

TEST_F(PipelineTest, what_is_known_is_what_the_asset_knows_that_is_behind) {
  EXPECT_FALSE(pipeline_->known_until_us());
  row(3, 10, status::good, "p1");
  row(900, 10, status::good, "p2");  // its clock is ahead
  EXPECT_EQ(pipeline_->known_until_us(), 3 * second);
}

TEST_F(PipelineTest, a_restart_goes_on_with_window_hold_and_work_order) {
  pipeline_->set_model(testing::sample_model());
  code(2, 1);
  row(1, 10);
  std::string state;
  pipeline_->changed([&](const std::string& site, const std::string& asset, std::string bytes) {
    EXPECT_EQ(site + "/" + asset, "plant-1/p1");
    state = std::move(bytes);
  });
  pipeline_->changed([](const auto&, const auto&, const auto&) { FAIL() << "nothing changed since"; });
  pipeline_ = make();
  ASSERT_TRUE(pipeline_->restore("plant-1", "p1", state));
  EXPECT_EQ(pipeline_->known_until_us(), second);
  std::size_t changed = 0;
  pipeline_->changed([&](const auto&, const auto&, const std::string& bytes) { changed += bytes == state ? 1 : 0; });
  EXPECT_EQ(changed, 1u) << "the pipeline that it came from may not have stored it";
  pipeline_->set_model(testing::sample_model());
  code(2, 1);  // told again by the birth: no event
  row(1, 10);  // replayed: known already
  EXPECT_EQ(records_.size(), 1u);
  row(2, 10);
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[1].advice, "overhaul");
  EXPECT_FALSE(pipeline_->restore("plant-1", "p1", "torn"));
}

}  // namespace
}  // namespace millrace
