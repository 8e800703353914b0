#include "base/nearest.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(Nearest, finds_the_word_that_was_meant) {
  Nearest nearest("degc");
  for (const char* word : {"deg", "degF", "degC", "bar"}) nearest.offer(word);
  EXPECT_EQ(nearest.hint(), "; did you mean \"degC\"?");
}

TEST(Nearest, says_nothing_when_nothing_is_near) {
  Nearest nearest("temperature");
  nearest.offer("bar");
  EXPECT_EQ(nearest.hint(), "");
}

TEST(Nearest, a_letter_or_two_are_not_near_to_any_other) {
  Nearest nearest("x");
  nearest.offer("c");
  EXPECT_EQ(nearest.hint(), "");
  nearest.offer("X");
  EXPECT_EQ(nearest.hint(), "; did you mean \"X\"?");
}

TEST(Nearest, swapped_letters_are_one_edit) {
  EXPECT_EQ(edit_distance_halves("untis", "units"), 2u);
  EXPECT_EQ(edit_distance_halves("", "ab"), 4u);
  EXPECT_EQ(edit_distance_halves("same", "same"), 0u);
}

}  // namespace
}  // namespace millrace
