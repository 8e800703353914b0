#include "ingest/marks.hpp"

#include <gtest/gtest.h>

namespace millrace {
namespace {

TEST(IngestMarks, TravelAsJson) {
  IngestMarks marks;
  marks["plant/gateway"].epoch = "e\"1";
  marks["plant/gateway"].held.add(1, 500);
  marks["plant/gateway"].held.add(900);
  marks["plant/edge-1"].epoch = "e2";
  const auto back = parse_marks(marks_to_json(marks));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, marks);
  EXPECT_TRUE(parse_marks("")->empty());
  for (const auto* text :
       {"[]", "{", R"({"a":1})", R"({"a":{"epoch":1,"ranges":""}})", R"({"a":{"epoch":"e","ranges":"x"}})"}) {
    EXPECT_FALSE(parse_marks(text)) << text;
  }
}

}  // namespace
}  // namespace millrace
