#include "usecase/diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(UseCaseDiff, says_what_was_added_changed_and_removed) {
  const auto changes = diff_use_cases("{a: 1, b: {c: x}, d: [1, 2]}", "{a: 2, b: {c: x, e: new}}");
  ASSERT_TRUE(changes);
  EXPECT_THAT(*changes, ElementsAre(UseCaseChange{"a", "1.0", "2.0"}, UseCaseChange{"b.e", "", "\"new\""},
                                    UseCaseChange{"d", "[1.0,2.0]", ""}));
}

TEST(UseCaseDiff, signals_are_matched_by_name) {
  const auto changes = diff_use_cases("signals: [{name: T24, range: [1, 2]}, {name: P30}]",
                                      "signals: [{name: P30}, {name: T24, range: [1, 3]}, {name: new}]");
  ASSERT_TRUE(changes);
  EXPECT_THAT(*changes, ElementsAre(UseCaseChange{"signals[T24].range", "[1.0,2.0]", "[1.0,3.0]"},
                                    UseCaseChange{"signals[new]", "", "{\"name\":\"new\"}"}));
}

TEST(UseCaseDiff, layout_quoting_comments_and_key_order_are_no_change) {
  const char* one = "a: 5\nb: {c: x, d: y}  # comment\n";
  const char* same = "b:\n  d: 'y'\n  c: \"x\"\na: 5.0\n";
  EXPECT_THAT(*diff_use_cases(one, same), IsEmpty());
  EXPECT_EQ(*use_case_hash(one), *use_case_hash(same));
  EXPECT_NE(*use_case_hash(one), *use_case_hash("a: 6\nb: {c: x, d: y}"));
}

TEST(UseCaseDiff, nothing_before_means_everything_is_new) {
  const auto changes = diff_use_cases("", "use_case: x");
  ASSERT_TRUE(changes);
  EXPECT_THAT(*changes, ElementsAre(UseCaseChange{"use_case", "", "\"x\""}));
}

TEST(UseCaseDiff, broken_yaml_is_an_error) { EXPECT_FALSE(diff_use_cases("", "a: [1")); }

}  // namespace
}  // namespace millrace
