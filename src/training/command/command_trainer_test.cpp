#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/file.hpp"
#include "onnx/synthetic.hpp"
#include "training/trainer.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;

class CommandTrainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "millrace-command-XXXXXX").string();
    folder = mkdtemp(pattern.data());
    ASSERT_TRUE(
        write_file(folder / "ready.onnx",
                   onnx::to_bytes(onnx::to_model(onnx::make_synthetic({.features = 2, .trees = 3, .leaves = 4})))));
  }
  void TearDown() override { fs::remove_all(folder); }

  Result<std::unique_ptr<TrainedModel>> run(const std::string& command, const TrainingProgress& progress = {}) const {
    return make_command_trainer({command, 60'000'000})->train(table, table, 7, progress);
  }

  fs::path folder;
  TrainingTable table{.features = 2,
                      .rows = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, __builtin_nanf("")},
                      .labels = {1, 2, 3},
                      .names = {"a.mean", "b"}};
};

TEST_F(CommandTrainerTest, TheCommandGetsTheRowsAndItsModelIsTaken) {
  std::vector<std::string> lines;
  const auto model = run("echo seed $MILLRACE_SEED; cp $MILLRACE_TRAIN " + (folder / "seen.parquet").string() +
                             " && cp " + (folder / "ready.onnx").string() + " $MILLRACE_MODEL",
                         [&](double, const std::string& line) {
                           lines.push_back(line);
                           return true;
                         });
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->to_onnx().value(), read_file(folder / "ready.onnx").value());
  EXPECT_EQ((*model)->predict(table.rows, 2)->size(), 3U);
  EXPECT_NE(std::find(lines.begin(), lines.end(), "seed 7"), lines.end());
  const std::string seen = read_file(folder / "seen.parquet").value();
  EXPECT_TRUE(seen.starts_with("PAR1") && seen.ends_with("PAR1"));
}

/// A program that somebody could have written: plain Python reads the rows, fits a line, writes ONNX.
TEST_F(CommandTrainerTest, ASmallPythonTrainerLearns) {
  const char* deps = std::getenv("MILLRACE_DEPS");
  const fs::path python = fs::path(deps != nullptr ? deps : "") / "python/bin/python";
  if (!fs::exists(python)) GTEST_SKIP() << "no Python with duckdb in $MILLRACE_DEPS; run scripts/bootstrap";
  table = {.features = 2, .names = {"a.mean", "b"}};
  for (int i = 0; i < 200; ++i) {  // label = 3 a - 2 b + 5, and b is missing in the last row
    const auto a = static_cast<float>(i % 17), b = static_cast<float>(i % 5);
    table.rows.insert(table.rows.end(), {a, i == 199 ? __builtin_nanf("") : b});
    table.labels.push_back(3 * a - 2 * b + 5);
  }
  std::string seen;
  const auto model = run(python.string() + " " MILLRACE_TESTDATA "/linear_trainer.py", [&](double, const auto& line) {
    if (!line.empty()) seen = line;
    return true;
  });
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(seen, "fitted 2 features on 200 rows, seed 7");
  const auto answers = (*model)->predict(std::vector<float>{4, 1, 0, 0}, 2);
  ASSERT_TRUE(answers) << answers.error().message;
  EXPECT_NEAR((*answers)[0], 15, 0.2);
  EXPECT_NEAR((*answers)[1], 5, 0.2);
}

TEST_F(CommandTrainerTest, SaysWhatWentWrong) {
  const auto failed = run("echo no such module; exit 3");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "the training command ended with exit code 3: no such module");
  EXPECT_NE(run("true").error().message.find("$MILLRACE_MODEL"), std::string::npos);
  EXPECT_FALSE(run("echo rubbish > $MILLRACE_MODEL"));
}

TEST_F(CommandTrainerTest, StopsTheCommandWithItsChildren) {
  const auto stopped = run("echo started; cat /dev/zero > /dev/null", [](double, const std::string&) { return false; });
  EXPECT_EQ(stopped.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace millrace
