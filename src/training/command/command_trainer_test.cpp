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
    return make_command_trainer(command)->train(table, table, 7, progress);
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

/// The file is read by somebody else's reader, not only by our own belief in the format.
TEST_F(CommandTrainerTest, PlainDuckDbReadsTheRows) {
  const char* deps = std::getenv("MILLRACE_DEPS");
  const fs::path python = fs::path(deps != nullptr ? deps : "") / "python/bin/python";
  if (!fs::exists(python)) GTEST_SKIP() << "no Python with duckdb in $MILLRACE_DEPS; run scripts/bootstrap";
  const std::string script =
      "import duckdb,os;r=duckdb.sql(\"SELECT * FROM read_parquet('\"+os.environ['MILLRACE_TRAIN']+\"')\");"
      "print(r.columns, r.fetchall())";
  std::string seen;
  const auto model = run(
      python.string() + " -c \"" +
          [&] {
            std::string quoted;
            for (const char c : script) quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
            return quoted;
          }() +
          "\"; cp " + (folder / "ready.onnx").string() + " $MILLRACE_MODEL",
      [&](double, const std::string& line) {
        if (line.find("label") != std::string::npos) seen = line;
        return true;
      });
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_NE(seen.find("['a.mean', 'b', 'label']"), std::string::npos) << seen;
  EXPECT_NE(seen.find("(0.30000001192092896, 0.4000000059604645, 2.0), (0.5, nan, 3.0)"), std::string::npos) << seen;
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
