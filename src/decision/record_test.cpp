#include "decision/record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace millrace {
namespace {

DecisionRecord example() {
  return {.decision_id = "0192-x",
          .time_us = 1'790'000'000'123'456,
          .asset = "engine-061",
          .site = "plant-1",
          .device = "edge-1",
          .use_case = "turbofan-maintenance",
          .use_case_version = "2",
          .model_version = "turbofan-maintenance/3",
          .feature_hash = "ab",
          .clock = 181,
          .prediction = 17.25,
          .unit = "cycles",
          .advice = "overhaul",
          .reason = "a \"quote\"\nand \\ a line",
          .inputs_good = 1,
          .hold = 3,
          .latency_us = 42,
          .source_time_us = 1'790'000'000'000'000,
          .features = {1.5f, 0.1f, std::nanf("")}};
}

TEST(DecisionRecord, json_round_trip) {
  std::string json;
  append_json(json, example());
  const auto read = parse_decision_record(json);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->reason, example().reason);
  EXPECT_EQ(read->time_us, example().time_us);
  EXPECT_EQ(read->prediction, 17.25);
  EXPECT_EQ(read->features[1], 0.1f);
  EXPECT_TRUE(std::isnan(read->features[2]));
  std::string again;
  append_json(again, *read);
  EXPECT_EQ(again, json);
}

TEST(DecisionRecord, what_is_no_number_becomes_null) {
  DecisionRecord record = example();
  record.prediction = NAN;
  record.clock = INFINITY;
  record.features.clear();
  std::string json;
  append_json(json, record);
  EXPECT_NE(json.find("\"clock\":null,\"prediction\":null"), std::string::npos);
  EXPECT_EQ(json.find("features"), std::string::npos);
  EXPECT_TRUE(std::isnan(parse_decision_record(json)->prediction));
}

TEST(DecisionRecord, broken_json_is_an_error) {
  EXPECT_FALSE(parse_decision_record("{"));
  EXPECT_FALSE(parse_decision_record("[]"));
  EXPECT_FALSE(parse_decision_record("{}"));
  EXPECT_FALSE(parse_decision_record("{\"decision_id\": 7}"));
}

TEST(DecisionIds, are_unique_sorted_uuids_of_version_7) {
  DecisionIds ids(1);
  std::set<std::string> seen;
  std::string id, before;
  for (int i = 0; i < 10'000; ++i) {
    ids.next(1'790'000'000'000'000 + i / 100, id);
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_LT(before, id);
    before = id;
  }
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

}  // namespace
}  // namespace millrace
