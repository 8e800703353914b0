#include "cli/command.hpp"

#include "base/file.hpp"
#include "base/id.hpp"
#include "cli/cmapss_import.hpp"

#include <gtest/gtest.h>
#include <cstdlib>
#include <sstream>

namespace millrace::cli {
namespace {

struct CommandTest : testing::Test {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("cli-" + random_id());
  std::ostringstream output, errors;
  SystemClock clock;
  Context context{output, errors, clock, folder};

  int call(const std::vector<std::string>& arguments) { return run(all_commands(), arguments, context); }
  std::string write(std::string_view text) {
    const auto path = folder / "file";
    EXPECT_TRUE(write_file(path, text));
    return path.string();
  }
  ~CommandTest() override { std::filesystem::remove_all(folder); }
};

TEST_F(CommandTest, HelpIsNoError) {
  EXPECT_EQ(call({"--help"}), 0);
  EXPECT_NE(output.str().find("usecase"), std::string::npos);
  EXPECT_NE(output.str().find("check | plan | apply"), std::string::npos);
}

TEST_F(CommandTest, WrongUsageIsTwo) {
  EXPECT_EQ(call({}), 2);
  EXPECT_EQ(call({"usecase"}), 2);
  EXPECT_EQ(call({"usecase", "chekc", "x"}), 2);
  EXPECT_EQ(call({"status", "--no-such-option"}), 2);
  EXPECT_EQ(call({"usecase", "check", (folder / "absent.yaml").string()}), 2);
  EXPECT_NE(errors.str().find("absent.yaml"), std::string::npos);
  EXPECT_EQ(call({"model", "show", "turbofan"}), 2);
  EXPECT_NE(errors.str().find("USE_CASE/NUMBER"), std::string::npos);
}

TEST_F(CommandTest, WithoutPlatformTheRemedyIsNamed) {
  EXPECT_EQ(call({"status"}), 1);
  EXPECT_NE(errors.str().find("millrace up --dir " + folder.string()), std::string::npos);
}

TEST_F(CommandTest, TheChecksNeedAUseCase) {
  EXPECT_EQ(call({"data", "quality", "--checks"}), 2);
  EXPECT_NE(errors.str().find("--use-case"), std::string::npos) << errors.str();
}

TEST_F(CommandTest, AUseCaseIsCheckedWithoutPlatform) {
  const auto file = write("use_case: x\ntitel: y\n");
  EXPECT_EQ(call({"usecase", "check", file}), 1);
  EXPECT_NE(errors.str().find(file + ":2: "), std::string::npos) << errors.str();
}

TEST_F(CommandTest, TheCheckSaysWhatThisVersionDoesNotDo) {
  const char* source = std::getenv("MILLRACE_SOURCE");
  const std::filesystem::path root = source == nullptr ? "." : source;
  const auto example = read_file(root / "examples/usecases/turbofan-maintenance.yaml");
  ASSERT_TRUE(example) << example.error().message;
  std::string yaml = *example;
  EXPECT_EQ(call({"usecase", "check", write(yaml)}), 0);
  EXPECT_NE(errors.str().find(":75: rollout: not carried out by this version"), std::string::npos) << errors.str();
  const std::string nothing = "privacy: []", rule = "privacy: [{signal: T24, drop: true}]";
  EXPECT_EQ(call({"usecase", "check", write(yaml.replace(yaml.find(nothing), nothing.size(), rule))}), 1);
  EXPECT_NE(errors.str().find(":45: privacy[0]: drop T24: not carried out"), std::string::npos) << errors.str();
}

}  // namespace
}  // namespace millrace::cli
