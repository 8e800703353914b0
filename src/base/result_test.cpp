#include "base/result.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail(ErrorCode::invalid_argument, "odd");
  return value / 2;
}

Result<int> quarter(int value) {
  TRY_ASSIGN(auto first, half(value));
  TRY_ASSIGN(auto second, half(first));
  return second;
}

Result<void> check_even(int value) {
  TRY(half(value));
  return {};
}

TEST(Result, passes_values_and_errors_through) {
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_TRUE(check_even(2));
  EXPECT_FALSE(check_even(3));
}

TEST(Error, context_goes_in_front_and_keeps_the_code) {
  auto error = Error{ErrorCode::not_found, "no such file"}.with_context("loading model 7");
  EXPECT_EQ(error.message, "loading model 7: no such file");
  EXPECT_EQ(error.code, ErrorCode::not_found);
}

}  // namespace
}  // namespace millrace
