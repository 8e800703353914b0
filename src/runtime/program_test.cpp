#include "runtime/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace millrace {
namespace {

using ::testing::HasSubstr;

struct Configuration {
  std::string log_level, wish;
};

Result<Configuration> load(const std::filesystem::path& file) {
  if (file == "broken.yaml") return fail(ErrorCode::invalid_argument, "broken.yaml:3: no such key");
  return Configuration{file == "loud.yaml" ? "loud" : "info", file.string()};
}

Result<void> serve(const Configuration& configuration) {
  if (configuration.wish == "fails.yaml") return fail(ErrorCode::unavailable, "the port is in use");
  return {};
}

struct Outcome {
  int code = 0;
  std::string said;
};

Outcome run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "millrace-test");
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  Outcome outcome{run_program(static_cast<int>(argv.size()), argv.data(), {"test", "Millrace test"}, load, serve), {}};
  outcome.said = ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(Program, EndsWithNothingToSay) {
  const auto outcome = run({"--config", "good.yaml"});
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.said, "");
}

TEST(Program, WhatCannotBeReadIsTwo) {
  EXPECT_EQ(run({"--config", "broken.yaml"}).code, 2);
  EXPECT_THAT(run({"--config", "broken.yaml"}).said, HasSubstr("millrace-test: broken.yaml:3: no such key"));
  EXPECT_EQ(run({"--config", "loud.yaml"}).code, 2);
  EXPECT_THAT(run({"--config", "loud.yaml"}).said, HasSubstr("loud"));
}

TEST(Program, WrongArgumentsAreTwoAndHelpIsNone) {
  EXPECT_EQ(run({}).code, 2);
  EXPECT_THAT(run({}).said, HasSubstr("--config"));
  EXPECT_EQ(run({"--config", "good.yaml", "more"}).code, 2);
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_THAT(run({"--help"}).said, HasSubstr("Millrace test"));
}

TEST(Program, WhatCannotGoOnIsOneAndTheReasonIsInTheLog) {
  const auto outcome = run({"--config", "fails.yaml"});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_THAT(outcome.said, HasSubstr("error test: the port is in use"));
}

}  // namespace
}  // namespace millrace
