#include "platform/request_fields.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(RequestFields, NamesKeepToTheirAlphabet) {
  EXPECT_TRUE(check_name("use_case", "turbofan-maintenance", NameKind::use_case));
  EXPECT_TRUE(check_name("asset", "engine-061", NameKind::asset));
  EXPECT_TRUE(check_name("sha256", std::string(64, 'f'), NameKind::sha256));
  for (const auto* wrong : {"", "-a", "A", "a/b", "a b", "ü"})
    EXPECT_FALSE(check_name("use_case", wrong, NameKind::use_case)) << wrong;
  EXPECT_FALSE(check_name("sha256", std::string(63, 'f'), NameKind::sha256));
  EXPECT_FALSE(check_name("asset", std::string(129, 'a'), NameKind::asset));
  const auto error = check_name("asset", "x\x1b[31m", NameKind::asset).error();
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
}

TEST(RequestFields, QueriesHaveDefaultsAndBounds) {
  http::Request request;
  request.query = {{"limit", "20"}, {"bad", "1x"}, {"from", "2026-03-01T12:00:00Z"}, {"to", "yesterday"}};
  EXPECT_EQ(*query_integer(request, "limit", 1, 100, 7), 20);
  EXPECT_EQ(*query_integer(request, "absent", 1, 100, 7), 7);
  EXPECT_FALSE(query_integer(request, "limit", 1, 10, 7));
  EXPECT_FALSE(query_integer(request, "bad", 1, 10, 7));
  EXPECT_TRUE(query_time(request, "from")->has_value());
  EXPECT_FALSE(query_time(request, "absent")->has_value());
  EXPECT_FALSE(query_time(request, "to"));
}

TEST(RequestFields, BodiesHoldWhatIsAskedForAndNothingElse) {
  http::Request request;
  request.body = R"({"use_case": "a", "seed": 3.0})";
  EXPECT_FALSE(json_body(request, {"use_case"}));
  const auto body = json_body(request, {"use_case"}, {"seed"});
  ASSERT_TRUE(body);
  EXPECT_EQ(*integer_member(*body, "seed", 0, 10), 3);
  EXPECT_FALSE(integer_member(*body, "seed", 4, 10));
  EXPECT_FALSE(integer_member(*body, "use_case", 0, 10));
  EXPECT_EQ(*text_member(*body, "use_case", 1, 10), "a");
  EXPECT_FALSE(text_member(*body, "use_case", 2, 10));
  EXPECT_FALSE(json_body(request, {"use_case", "absent"}, {"seed"}));
  for (const auto* wrong : {"", "[]", "{", "null", "\"text\""}) {
    request.body = wrong;
    EXPECT_FALSE(json_body(request, {})) << wrong;
  }
  request.body = R"({"n": 18446744073709551615, "half": 0.5, "huge": 1e300})";
  const auto numbers = json_body(request, {"n", "half", "huge"});
  for (const auto* member : {"n", "half", "huge"}) EXPECT_FALSE(integer_member(*numbers, member, 0, 10)) << member;
}

}  // namespace
}  // namespace millrace
