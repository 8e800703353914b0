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

TEST(DecisionId, is_a_uuid_of_version_8_that_sorts_as_the_rows_do) {
  const DecisionKey key = decision_key(example());
  std::set<std::string> seen;
  std::string id, before;
  for (int i = 0; i < 10'000; ++i) {
    write_decision_id(key, 1'790'000'000'000'000 + i * 1000, 0, id);
    EXPECT_LT(before, id);
    EXPECT_TRUE(seen.insert(id).second);
    before = id;
    write_decision_id(key, 1'790'000'000'000'001 + i * 1000, 0, id);
    EXPECT_TRUE(seen.insert(id).second) << "one microsecond later";
  }
  EXPECT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '8');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
}

TEST(DecisionId, is_the_same_for_the_same_question_and_another_for_any_other) {
  const auto id_of = [](const DecisionRecord& record, TimeUs silence_us) {
    std::string id;
    write_decision_id(decision_key(record), record.source_time_us, silence_us, id);
    return id;
  };
  DecisionRecord later = example();
  later.time_us += 1, later.latency_us += 1, later.decision_id = "none yet";
  EXPECT_EQ(id_of(later, 0), id_of(example(), 0)) << "when it was answered is no part of the question";
  std::set<std::string> seen{id_of(example(), 0), id_of(example(), 1), id_of(example(), 2)};
  EXPECT_EQ(seen.size(), 3u);
  for (std::string DecisionRecord::* part :
       {&DecisionRecord::device, &DecisionRecord::use_case, &DecisionRecord::use_case_version,
        &DecisionRecord::model_version, &DecisionRecord::feature_hash, &DecisionRecord::site, &DecisionRecord::asset}) {
    DecisionRecord other = example();
    other.*part += "x";
    EXPECT_TRUE(seen.insert(id_of(other, 0)).second) << other.*part;
  }
}

}  // namespace
}  // namespace millrace
