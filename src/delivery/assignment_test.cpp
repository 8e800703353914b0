#include "delivery/assignment.hpp"

#include <gtest/gtest.h>

namespace millrace::delivery {
namespace {

const std::string a(64, 'a'), b(64, 'b'), c(64, 'c'), d(64, 'd');
constexpr auto everything = Content::use_cases_and_models;

std::string sample(const std::string& hash = a) {
  return R"({"revision":"r1","use_cases":[{"name":"pump","version":2,"sha256":")" + hash +
         R"("}],"models":[{"use_case":"pump","version":3,"files":[{"name":"model.onnx","sha256":")" + b +
         R"(","size":10},{"name":"golden.json","sha256":")" + c + R"("},{"name":"features.json","sha256":")" + d +
         R"("},{"name":"manifest.json","sha256":"ignored"}]}]})";
}

TEST(Assignment, ReadsWhatThePlatformSays) {
  const auto assignment = parse_assignment(sample(), everything);
  ASSERT_TRUE(assignment) << assignment.error().message;
  EXPECT_EQ(assignment->revision, "r1");
  EXPECT_EQ(assignment->use_cases[0].version, "2");
  EXPECT_EQ(assignment->model_of("pump")->version, "pump/3");
  EXPECT_EQ(assignment->model_of("fan"), nullptr);
  EXPECT_EQ(
      assignment->needed(),
      (std::vector<Artifact>{{"pump", a, 0}, {"model.onnx", b, 10}, {"golden.json", c, 0}, {"features.json", d, 0}}));
}

TEST(Assignment, ADeviceWithoutModelsDoesNotAskForThem) {
  const auto assignment = parse_assignment(sample(), Content::use_cases);
  ASSERT_TRUE(assignment) << assignment.error().message;
  EXPECT_EQ(assignment->needed(), (std::vector<Artifact>{{"pump", a, 0}}));
}

TEST(Assignment, RefusesWhatIsNone) {
  const std::string incomplete =
      R"({"revision":"r","use_cases":[],"models":[{"use_case":"x","version":1,"files":[]}]})";
  const std::string nameless = R"({"revision":"","use_cases":[],"models":[]})";
  for (const std::string& text : {std::string("[]"), std::string("{}"), incomplete, nameless}) {
    const auto assignment = parse_assignment(text, everything);
    ASSERT_FALSE(assignment) << text;
    EXPECT_EQ(assignment.error().code, ErrorCode::corrupt);
  }
}

TEST(Assignment, AHashThatCouldLeaveTheFolderIsRefused) {
  EXPECT_FALSE(parse_assignment(sample("../../etc/passwd"), everything));
  EXPECT_FALSE(parse_assignment(sample(std::string(64, 'A')), everything));
}

}  // namespace
}  // namespace millrace::delivery
