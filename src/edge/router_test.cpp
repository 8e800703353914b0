#include "edge/router.hpp"

#include "edge/testing/sample_use_case.hpp"
#include "sparkplug/data_encoder.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

constexpr TimeUs second = 1'000'000;

class RouterTest : public ::testing::Test {
 protected:
  std::unique_ptr<Pipeline> pipeline(const std::string& limit = "20") {
    auto made =
        std::make_unique<Pipeline>(testing::sample_use_case(limit), "1", PipelineOptions{.device = "edge-1"}, clock_,
                                   [this](const DecisionRecord& record, bool) { records_.push_back(record); });
    made->set_model(testing::sample_model());
    return made;
  }
  static sparkplug::Payload birth(std::initializer_list<const char*> signals, const char* type = "Pump") {
    sparkplug::Payload payload;
    sparkplug::tell({type, {}}, payload);
    std::uint64_t alias = 10;
    for (const char* name : signals) {
      payload.metrics.push_back({.name = name, .alias = alias++, .type = sparkplug::DataType::float64});
    }
    return payload;
  }
  void born(sparkplug::DeviceState& device, const sparkplug::Payload& payload) {
    device.metrics.assign(payload);
    router_.on_birth(device, payload);
  }
  void data(const sparkplug::DeviceState& device, std::uint64_t time_ms, double a) {
    sparkplug::DataEncoder encoder;
    encoder.add({.alias = 10, .time_ms = time_ms, .value = a});
    encoder.add({.alias = 11, .time_ms = time_ms, .value = 20});
    encoder.add({.alias = 12, .time_ms = time_ms, .value = 1});
    router_.on_data(device, encoder.bytes());
  }

  ManualClock clock_{1'790'000'000 * second};
  Router router_{clock_};
  std::vector<DecisionRecord> records_;
  sparkplug::DeviceState pump_{.group = "plant-1", .node = "gateway", .device = "p1"};
};

TEST_F(RouterTest, leads_a_device_to_the_use_case_that_wants_its_signals) {
  std::vector<std::string> bound;
  router_.on_asset = [&](const std::string& asset) { bound.push_back(asset); };
  router_.set_pipeline(pipeline());
  sparkplug::DeviceState fan{.group = "plant-1", .node = "gateway", .device = "fan"};
  sparkplug::DeviceState elsewhere{.group = "plant-2", .node = "gateway", .device = "p9"};
  born(fan, birth({"x", "y"}));
  born(elsewhere, birth({"a", "b", "cycle"}));
  born(pump_, birth({"a", "b", "cycle"}));
  EXPECT_EQ(bound, std::vector<std::string>{"p1"});
  data(pump_, 1000, 90);
  data(fan, 1000, 90);
  data(elsewhere, 1000, 90);
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_EQ(records_[0].asset, "p1");
  EXPECT_EQ(records_[0].source_time_us, second);
}

TEST_F(RouterTest, a_device_of_another_type_is_left_alone_until_its_birth_says_otherwise) {
  router_.set_pipeline(pipeline());
  born(pump_, birth({"a", "b", "cycle"}, "Fan"));
  data(pump_, 1000, 90);
  EXPECT_TRUE(records_.empty());
  born(pump_, birth({"a", "b", "cycle"}));
  data(pump_, 2000, 90);
  EXPECT_EQ(records_.size(), 1u);
  born(pump_, birth({"a", "b", "cycle"}, ""));
  data(pump_, 3000, 90);
  EXPECT_EQ(records_.size(), 1u);
}

TEST_F(RouterTest, a_use_case_that_comes_after_the_birth_is_bound_too) {
  born(pump_, birth({"a", "b", "cycle"}));
  router_.set_pipeline(pipeline());
  data(pump_, 1000, 90);
  EXPECT_EQ(records_.size(), 1u);
  router_.remove_pipeline("pump");
  data(pump_, 2000, 90);
  EXPECT_EQ(records_.size(), 1u);
}

TEST_F(RouterTest, a_new_version_of_the_use_case_keeps_the_windows) {
  router_.set_pipeline(pipeline());
  born(pump_, birth({"a", "b", "cycle"}));
  data(pump_, 1000, 10);
  router_.set_pipeline(pipeline("30"));
  data(pump_, 2000, 20);
  ASSERT_EQ(records_.size(), 2u);
  EXPECT_EQ(records_[1].features[1], 15);  // the mean of both rows
  EXPECT_EQ(records_[1].advice, "overhaul");
}

TEST_F(RouterTest, the_values_of_a_birth_are_data) {
  router_.set_pipeline(pipeline());
  auto payload = birth({"a", "b", "cycle"});
  payload.time_ms = 5000;
  for (auto& metric : payload.metrics) {
    if (metric.alias) metric.value = 7.0;
  }
  born(pump_, payload);
  ASSERT_EQ(records_.size(), 1u);
  EXPECT_EQ(records_[0].source_time_us, 5 * second);
  born(pump_, payload);  // born again: nothing new
  EXPECT_EQ(records_.size(), 1u);
}

TEST_F(RouterTest, bytes_that_are_no_payload_are_counted_and_do_no_harm) {
  router_.set_pipeline(pipeline());
  born(pump_, birth({"a", "b", "cycle"}));
  router_.on_data(pump_, std::string_view("\x12\xff\xff\xff", 4));
  EXPECT_EQ(router_.broken_messages(), 1u);
  data(pump_, 1000, 90);
  EXPECT_EQ(records_.size(), 1u);
}

}  // namespace
}  // namespace millrace
