#include "platform/upkeep.hpp"

#include "platform/testing/platform_fixture.hpp"

namespace millrace {
namespace {

using nlohmann::json;

struct UpkeepTest : testing::PlatformTest {
  /// Runs on the loop's thread, where the platform's parts belong.
  template <typename Ask>
  auto on_loop(Ask ask) {
    std::packaged_task<decltype(ask(platform->services()))()> task([&] { return ask(platform->services()); });
    auto answer = task.get_future();
    loop.post([&] { task(); });
    return answer.get();
  }
  Result<MaintenanceOptions> options() {
    return on_loop([](Services& services) { return Upkeep(services).options(); });
  }
  json rows_of(std::int64_t snapshot) {
    return json::parse(
        ask("POST", "/api/v1/data/sql",
            json{{"sql", fmt::format("SELECT count(*), sum(value) FROM samples AT (VERSION => {})", snapshot)}}.dump())
            .body)["rows"];
  }
};

// The trace of a decision names the snapshot that its model was trained on: it must stay readable.
TEST_F(UpkeepTest, WhatAModelWasTrainedOnOutlivesMaintenance) {
  post("/api/v1/use-cases", use_case_file(), "application/yaml");
  import_history();
  const auto job = wait_for_job(post("/api/v1/models/train", R"({"use_case": "pump-care"})")["job"]);
  ASSERT_EQ(job["state"], "done") << job;
  const auto trained_on = job["result"]["dataset"]["snapshot"].get<std::int64_t>();
  const auto before = rows_of(trained_on);
  ASSERT_FALSE(before.is_null());
  for (int i = 0; i < 3; ++i) store({.events = {{.time_us = 1, .site = "s", .kind = "test"}}});

  auto wanted = options();
  ASSERT_TRUE(wanted) << wanted.error().message;
  wanted->expire_before_us = clock.now_us() + 1'000'000'000;  // everything is old
  wanted->retention = {{"samples", clock.now_us()}};
  const auto maintained = platform->services().lake.maintain(*wanted);
  ASSERT_TRUE(maintained) << maintained.error().message;
  EXPECT_EQ(rows_of(trained_on), before);
  EXPECT_TRUE(rows_of(trained_on + 1).is_null()) << "others expire";
  EXPECT_LT(post("/api/v1/data/sql", R"({"sql": "SELECT count(*) FROM samples"})")["rows"][0][0], before[0][0])
      << "and old rows are gone from the newest";
}

TEST_F(UpkeepTest, NoSnapshotExpiresWhileAModelIsTrained) {
  post("/api/v1/use-cases", use_case_file(), "application/yaml");
  import_history();
  EXPECT_GT(options()->expire_before_us, 0);
  const auto started = on_loop([](Services& services) {
    const auto job = services.training.start(*services.use_cases.find("pump-care"), 1);
    return std::pair(job.value_or(""), Upkeep(services).options()->expire_before_us);
  });
  EXPECT_EQ(started.second, 0);
  wait_for_job(started.first);
  EXPECT_GT(options()->expire_before_us, 0);
}

TEST_F(UpkeepTest, RowsGoWhenTheyAreOlderThanTheConfigurationKeepsThem) {
  const auto wanted = options();
  ASSERT_EQ(wanted->retention.size(), 1u);
  EXPECT_EQ(wanted->retention[0].table, "kpis");
  EXPECT_NEAR(static_cast<double>(clock.now_us() - wanted->retention[0].before_us), 400.0 * 86'400'000'000, 60e6);
}

}  // namespace
}  // namespace millrace
