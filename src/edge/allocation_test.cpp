// A decision needs no heap: from the bytes of a message to the bytes of the record, once everything has warmed up.
#include "base/testing/allocations.hpp"
#include "edge/router.hpp"
#include "edge/testing/sample_use_case.hpp"
#include "sparkplug/data_encoder.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Allocation, a_decision_needs_none) {
  ManualClock clock(1'790'000'000'000'000);
  Router router(clock);
  std::string json;
  sparkplug::DataEncoder out;
  std::size_t decisions = 0;
  auto pipeline = std::make_unique<Pipeline>(
      testing::sample_use_case(), "1", PipelineOptions{.device = "edge-1", .features = PipelineOptions::Features::all},
      clock, [&](const DecisionRecord& record, bool) {
        json.clear();
        append_json(json, record);
        out.clear();
        out.add_text("Millrace/Decision", 1, json);
        ++decisions;
      });
  pipeline->set_model(testing::sample_model());
  router.set_pipeline(std::move(pipeline));
  sparkplug::DeviceState device{.group = "plant-1", .node = "gateway", .device = "p1"};
  sparkplug::Payload birth;
  sparkplug::tell({"Pump", {}}, birth);
  std::uint64_t alias = 1;
  for (const char* name : {"a", "b", "cycle"}) {
    birth.metrics.push_back({.name = name, .alias = alias++, .type = sparkplug::DataType::float64});
  }
  device.metrics.assign(birth);
  router.on_birth(device, birth);
  sparkplug::DataEncoder message;
  std::size_t before = 0;
  constexpr std::uint64_t warm_up = 50, rows = 550;
  for (std::uint64_t row = 1; row <= rows; ++row) {
    if (row == warm_up) before = testing::allocations();
    clock.advance_us(1'000'000);
    message.clear();
    message.add({.alias = 1, .time_ms = row * 1000, .value = row % 5 == 0 ? 90.125 : 10.5});
    message.add({.alias = 2, .time_ms = row * 1000, .value = 20, .status = row % 7 == 0 ? status::bad : status::good});
    message.add({.alias = 3, .time_ms = row * 1000, .value = static_cast<double>(row)});
    router.on_data(device, message.bytes());
  }
  EXPECT_EQ(decisions, rows);
  EXPECT_EQ(testing::allocations() - before, 0u);
}

}  // namespace
}  // namespace millrace
