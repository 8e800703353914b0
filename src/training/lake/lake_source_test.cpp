#include "training/lake/lake_source.hpp"

#include "lake/duckdb/duckdb_lake.hpp"
#include "training/testing/synthetic_fleet.hpp"
#include "training/training.hpp"

#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>

namespace millrace {
namespace {

class LakeSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-training-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    auto opened = open_duckdb_lake({.folder = folder / "lake"});
    ASSERT_TRUE(opened) << opened.error().message;
    lake = std::move(*opened);
  }
  void TearDown() override {
    lake.reset();
    std::filesystem::remove_all(folder);
  }

  void store(const std::vector<testing::AssetRecord>& records, const std::string& site) {
    LakeCommit commit;
    for (const auto& record : records) {
      const std::int32_t first = next_id;
      for (const auto& column : testing::fleet_columns())
        commit.signals.push_back({next_id++, site, record.name, column, "", ""});
      for (const auto& point : record.points) {
        commit.samples.add(first + static_cast<std::int32_t>(point.column), point.source_time_us, point.value,
                           point.status);
      }
      for (const auto& end : record.ends) {
        commit.work_orders.push_back(
            {.time_us = end.time_us, .site = site, .asset = record.name, .kind = end.kind, .clock = end.clock});
      }
    }
    const auto id = lake->commit(commit, "test", "test", "");
    ASSERT_TRUE(id) << id.error().message;
  }

  std::filesystem::path folder;
  std::unique_ptr<Lake> lake;
  std::int32_t next_id = 1;
};

TEST_F(LakeSourceTest, TrainingThroughTheLakeIsTrainingFromMemory) {
  const auto records = testing::make_records({.assets = 12, .regimes = 2});
  store(records, "site");
  store(testing::make_records({.assets = 3, .seed = 99}), "elsewhere");
  TrainingRequest request{.use_case = testing::fleet_use_case(), .seed = 2};
  request.use_case.model.trainer.rounds = 20;
  const auto source = make_lake_source(*lake, {.site = "site"});
  ASSERT_TRUE(source) << source.error().message;
  const auto from_lake = train(request, **source);
  ASSERT_TRUE(from_lake) << from_lake.error().message;
  testing::MemorySource memory(records);
  const auto from_memory = train(request, memory);
  ASSERT_TRUE(from_memory);
  EXPECT_EQ(from_lake->dataset_sha256, from_memory->dataset_sha256);
  EXPECT_EQ(from_lake->model_onnx, from_memory->model_onnx);
  EXPECT_NE(from_lake->manifest_json.find("AT (VERSION => "), std::string::npos);
}

TEST_F(LakeSourceTest, ASnapshotStaysTheSameWhenTheLakeGrows) {
  store(testing::make_records({.assets = 4}), "site");
  const auto source = make_lake_source(*lake, {});
  ASSERT_TRUE(source);
  TrainingRequest request{.use_case = testing::fleet_use_case()};
  request.use_case.model.trainer.rounds = 5;
  const auto before = train(request, **source);
  ASSERT_TRUE(before) << before.error().message;
  store(testing::make_records({.assets = 4, .seed = 7}), "site2");
  const auto after = train(request, **source);
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_EQ(before->dataset_sha256, after->dataset_sha256);
  EXPECT_EQ(before->model_onnx, after->model_onnx);
}

TEST_F(LakeSourceTest, AnEmptyLakeIsSaidToHaveNoLives) {
  const auto source = make_lake_source(*lake, {});
  ASSERT_TRUE(source) << source.error().message;
  EXPECT_EQ(train({.use_case = testing::fleet_use_case()}, **source).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace millrace
