#include "ingest/decision_json.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace millrace {
namespace {

TEST(DecisionJson, ReadsARecord) {
  const auto row = parse_decision(
      R"({"decision_id":"d1","time_us":1790000000000000,"asset":"engine-061","site":"plant","device":"edge-1",)"
      R"("use_case":"turbofan","use_case_version":3,"model_version":"turbofan/2","feature_hash":"ab","clock":120,)"
      R"("prediction":17.25,"unit":"cycles","advice":"overhaul","reason":"rul < 20","inputs_good":0.95,"hold":3,)"
      R"("latency_us":41.5,"source_time_us":1790000000000001,"features":[1,2.5,null],"later":"passed over"})",
      5);
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_EQ(row->decision_id, "d1");
  EXPECT_EQ(row->time_us, 1790000000000000);
  EXPECT_EQ(row->source_time_us, 1790000000000001);
  EXPECT_EQ(row->use_case_version, "3");
  EXPECT_EQ(row->clock, 120);
  EXPECT_EQ(row->prediction, 17.25);
  EXPECT_EQ(row->hold, 3);
  ASSERT_EQ(row->features.size(), 3u);
  EXPECT_EQ(row->features[1], 2.5);
  EXPECT_TRUE(std::isnan(row->features[2]));
  EXPECT_EQ(row->received_us, 5);
}

TEST(DecisionJson, MissingIsEmptyAndNonsenseIsRefused) {
  const auto row = parse_decision(R"({"decision_id":"d2","prediction":null,"time_us":"soon","hold":1e300})", 5);
  ASSERT_TRUE(row) << row.error().message;
  EXPECT_TRUE(std::isnan(row->prediction));
  EXPECT_TRUE(std::isnan(row->clock));
  EXPECT_EQ(row->time_us, 0);
  for (const auto* text : {"", "[]", "{", R"({"advice":"none"})", "\xff"})
    EXPECT_FALSE(parse_decision(text, 5)) << text;
}

}  // namespace
}  // namespace millrace
