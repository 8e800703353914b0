#include "edge/assignment.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

const std::string a(64, 'a'), b(64, 'b'), c(64, 'c'), d(64, 'd');

std::string sample(const std::string& hash = a) {
  return R"({"revision":"r1","use_cases":[{"name":"pump","version":2,"sha256":")" + hash +
         R"("}],"models":[{"use_case":"pump","version":3,"files":[{"name":"model.onnx","sha256":")" + b +
         R"(","size":10},{"name":"golden.json","sha256":")" + c + R"("},{"name":"features.json","sha256":")" + d +
         R"("},{"name":"manifest.json","sha256":"ignored"}]}]})";
}

TEST(Assignment, reads_what_the_platform_says) {
  const auto assignment = parse_assignment(sample());
  ASSERT_TRUE(assignment) << assignment.error().message;
  EXPECT_EQ(assignment->revision, "r1");
  EXPECT_EQ(assignment->use_cases[0].version, "2");
  EXPECT_EQ(assignment->model_of("pump")->version, "pump/3");
  EXPECT_EQ(assignment->model_of("fan"), nullptr);
  EXPECT_EQ(assignment->needed_files(), (std::vector<std::string>{a, b, c, d}));
}

TEST(Assignment, refuses_what_is_none) {
  EXPECT_FALSE(parse_assignment("[]"));
  EXPECT_FALSE(parse_assignment("{}"));
  EXPECT_FALSE(
      parse_assignment(R"({"revision":"r","use_cases":[],"models":[{"use_case":"x","version":1,"files":[]}]})"));
}

TEST(Assignment, a_hash_that_could_leave_the_folder_is_refused) {
  EXPECT_FALSE(parse_assignment(sample("../../etc/passwd")));
  EXPECT_FALSE(parse_assignment(sample(std::string(64, 'A'))));
}

}  // namespace
}  // namespace millrace
