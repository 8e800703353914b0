#include "usecase/usecase.hpp"

#include "base/file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace millrace {

void PrintTo(const UseCaseProblem& problem, std::ostream* out) { *out << problem.line << ": " << problem.message; }

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::filesystem::path source_folder() {
  const char* folder = std::getenv("MILLRACE_SOURCE");
  return folder == nullptr ? "." : folder;
}

std::string turbofan() { return *read_file(source_folder() / "examples/usecases/turbofan-maintenance.yaml"); }

/// The example with one piece of text replaced.
std::string turbofan_with(std::string_view from, std::string_view to) {
  std::string yaml = turbofan();
  const std::size_t at = yaml.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return yaml.replace(at, from.size(), to);
}

std::string problem_of(const std::string& yaml) {
  const auto parsed = parse_use_case(yaml, "turbofan.yaml");
  return parsed ? "" : parsed.error().message;
}

TEST(UseCase, reads_the_example) {
  const auto use_case = parse_use_case(turbofan(), "turbofan-maintenance.yaml");
  ASSERT_TRUE(use_case) << use_case.error().message;
  EXPECT_EQ(use_case->name, "turbofan-maintenance");
  EXPECT_EQ(use_case->signals.size(), 27u);
  EXPECT_DOUBLE_EQ(use_case->outcome.target.absolute(*use_case->outcome.baseline.measured), 4.9 * 0.8);
  ASSERT_EQ(use_case->outcome.guard.size(), 1u);
  EXPECT_TRUE(use_case->outcome.guard[0].limit.holds(25));
  EXPECT_EQ(use_case->features.window, 60u);
  EXPECT_EQ(use_case->features.align_timeout_us, 2'000'000);
  EXPECT_EQ(use_case->model.trainer.rounds, 400u);
  EXPECT_EQ(use_case->model.label.cap, 125);
  EXPECT_EQ(use_case->decision.hold, 3u);
  EXPECT_EQ(use_case->decision.write->value, 1);
  EXPECT_EQ(use_case->signal_with_role(SignalRole::work_order)->codes.at(2), "failure");
  EXPECT_EQ(use_case->rollout->canary.size(), 3u);
  EXPECT_EQ(use_case->monitor->accuracy_over_labels, 200u);
  EXPECT_EQ(expand_address(use_case->decision.write->opcua, "engine-061"),
            "nsu=urn:millrace:plant;s=engine-061.Advice");
}

TEST(UseCase, an_unknown_key_is_refused_with_line_and_suggestion) {
  EXPECT_EQ(problem_of(turbofan_with("  hold: 3", "  holt: 3")),
            "turbofan.yaml:67: key \"holt\" is not known in decision; did you mean \"hold\"?");
}

TEST(UseCase, a_wrong_unit_names_the_nearest) {
  EXPECT_EQ(problem_of(turbofan_with("unit: degR, opcua: \"nsu=urn:millrace:plant;s={asset}.T24\"",
                                     "unit: degr, opcua: \"nsu=urn:millrace:plant;s={asset}.T24\"")),
            "turbofan.yaml:22: signals[5].unit: unit \"degr\" is not known; did you mean \"degR\"?");
}

TEST(UseCase, a_unit_of_another_quantity_is_refused) {
  EXPECT_THAT(
      problem_of(turbofan_with("quantity: temperature,      unit: degR", "quantity: temperature,      unit: psia")),
      HasSubstr("psia is a unit of pressure, but the quantity is temperature"));
}

TEST(UseCase, an_unknown_signal_names_the_nearest) {
  EXPECT_THAT(
      problem_of(turbofan_with("context: [setting1,", "context: [seting1,")),
      HasSubstr("turbofan.yaml:53: features.regimes.context: signal \"seting1\" is not among the signals; did you mean "
                "\"setting1\"?"));
  EXPECT_THAT(problem_of(turbofan_with("when: rul < 20", "when: T24 < 20")),
              HasSubstr("a decision rests on the prediction, not on a signal"));
  EXPECT_THAT(problem_of(turbofan_with("when: rul < 20", "when: rull < 20")), HasSubstr("did you mean \"rul\"?"));
}

TEST(UseCase, a_typo_in_the_yaml_names_line_and_column) {
  EXPECT_THAT(problem_of(turbofan_with("each: [last, mean,", "each: [last, mean")), HasSubstr("turbofan.yaml:49: "));
  EXPECT_THAT(problem_of(turbofan_with("assets: {type: Turbofan,", "assets: {type: Turbofan: ")),
              HasSubstr("not readable as YAML"));
}

TEST(UseCase, several_problems_come_at_once_in_the_order_of_the_file) {
  std::string yaml = turbofan_with("target: -20 %", "target: better");
  yaml.replace(yaml.find("hold: 3"), 7, "hold: 0");
  const auto parsed = check_use_case(yaml);
  ASSERT_EQ(parsed.problems.size(), 2u);
  EXPECT_EQ(parsed.problems[0].path, "outcome.target");
  EXPECT_EQ(parsed.problems[1].path, "decision.hold");
  EXPECT_LT(parsed.problems[0].line, parsed.problems[1].line);
}

TEST(UseCase, a_namespace_index_is_refused_with_the_remedy) {
  EXPECT_THAT(problem_of(turbofan_with("nsu=urn:millrace:plant;s={asset}.T24", "ns=2;s={asset}.T24")),
              HasSubstr("write nsu=<namespace URI>;s=..."));
}

TEST(UseCase, a_setpoint_needs_an_envelope) {
  EXPECT_THAT(problem_of(turbofan_with("mode: advisory", "mode: setpoint")), HasSubstr("a setpoint needs an envelope"));
  EXPECT_EQ(problem_of(turbofan_with("mode: advisory", "mode: setpoint\n  envelope: {range: [0, 1], safe: 0}")), "");
}

TEST(UseCase, what_a_setpoint_wishes_must_fit_its_envelope) {
  const auto with = [](const std::string& mode, const std::string& value) {
    std::string yaml = turbofan_with("mode: advisory", mode);
    const std::string before = "value: 1}";
    return problem_of(yaml.replace(yaml.find(before), before.size(), "value: " + value + "}"));
  };
  const std::string setpoint = "mode: setpoint\n  envelope: {range: [0, 1], rate_per_s: 0.1, safe: 0}";
  EXPECT_EQ(with(setpoint, "0.5"), "");
  EXPECT_EQ(with(setpoint, "prediction"), "");
  EXPECT_THAT(with(setpoint, "2"), HasSubstr("outside of the envelope"));
  EXPECT_THAT(with("mode: advisory", "prediction"), HasSubstr("only a set-point takes the prediction"));
  EXPECT_THAT(problem_of(turbofan_with("then: no_advice", "then: safe")),
              HasSubstr("only a set-point has a safe value"));
  std::string silent = turbofan_with("mode: advisory", setpoint);
  silent.erase(silent.find("    write: {opcua"),
               silent.find('\n', silent.find("    write: {opcua")) - silent.find("    write: {opcua") + 1);
  EXPECT_THAT(problem_of(silent), HasSubstr("where it goes"));
}

TEST(UseCase, keys_twice_anchors_and_an_empty_file_are_refused) {
  EXPECT_THAT(problem_of(turbofan() + "title: again\n"), HasSubstr("key \"title\" is there twice"));
  EXPECT_THAT(problem_of("a: &x [1]\nb: *x\n"), HasSubstr("anchors and aliases"));
  EXPECT_THAT(problem_of(""), HasSubstr("the file is empty"));
  EXPECT_THAT(problem_of("- a\n"), HasSubstr("the file must be a mapping"));
}

TEST(UseCase, what_this_version_does_not_do_is_told_with_its_line) {
  const auto parsed = check_use_case(turbofan());
  EXPECT_THAT(parsed.refused, IsEmpty());
  std::vector<std::string> paths;
  for (const auto& warning : parsed.warnings) {
    paths.push_back(warning.path);
    EXPECT_GT(warning.line, 60) << warning.path;
    EXPECT_THAT(warning.message, HasSubstr("not carried out by this version: "));
  }
  EXPECT_THAT(paths, ::testing::ElementsAre("decision.then.work_order", "rollout", "monitor", "retrain", "feedback"));
  EXPECT_THAT(check_use_case(turbofan_with("split: by_asset", "split: by_time")).warnings, ::testing::SizeIs(6));
  EXPECT_THAT(check_use_case("decision: 3").warnings, IsEmpty());
}

TEST(UseCase, a_privacy_rule_is_understood_and_not_applied) {
  const std::string yaml = turbofan_with("privacy: []", "privacy: [{signal: T24, drop: true}]");
  EXPECT_TRUE(parse_use_case(yaml));  // what was stored once stays readable
  const auto refused = parse_applicable_use_case(yaml, "turbofan.yaml");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(refused.error().message, HasSubstr("turbofan.yaml:45: drop T24: not carried out by this version"));
  EXPECT_THAT(refused.error().message, HasSubstr("take T24 out of `signals`"));
  EXPECT_TRUE(parse_applicable_use_case(turbofan()));
  const auto wrong = parse_applicable_use_case(turbofan_with("privacy: []", "privacy: [{signal: T99, drop: true}]"));
  EXPECT_THAT(wrong.error().message, HasSubstr("T99"));
}

TEST(UseCase, the_folders_of_examples_hold_what_they_say) {
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "src/usecase/testdata/valid")) {
    EXPECT_THAT(check_use_case(*read_file(entry.path())).problems, IsEmpty()) << entry.path();
  }
  for (const auto& entry : std::filesystem::directory_iterator(source_folder() / "src/usecase/testdata/invalid")) {
    EXPECT_FALSE(check_use_case(*read_file(entry.path())).problems.empty()) << entry.path();
  }
}

}  // namespace

}  // namespace millrace
