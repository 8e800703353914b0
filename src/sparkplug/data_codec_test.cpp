#include "sparkplug/data_decoder.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/payload.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "sparkplug_b.pb.h"

namespace millrace::sparkplug {
namespace {

namespace oracle = org::eclipse::tahu::protobuf;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<DataMetric> read(std::string_view bytes) {
  std::vector<DataMetric> metrics;
  DataDecoder decoder(bytes);
  for (DataMetric metric; decoder.next(metric);) metrics.push_back(metric);
  EXPECT_TRUE(decoder.ok());
  EXPECT_EQ(decoder.metrics(), metrics.size());
  return metrics;
}

TEST(SparkplugData, CarriesPointsAsTheyAre) {
  std::vector<DataPoint> points{
      {.alias = 1, .time_ms = 1'700'000'000'000, .value = 641.82},
      {.alias = 300, .time_ms = 1, .value = -0.0, .status = status::bad_sensor_failure},
      {.alias = 70'000, .time_ms = 2, .value = nan, .status = status::bad_no_communication, .is_historical = true},
      {.alias = 0, .time_ms = 3, .value = 5, .status = status::uncertain_last_usable_value, .server_time_ms = 99},
      {.alias = UINT64_MAX,
       .time_ms = UINT64_MAX,
       .value = nan,
       .status = 0xFFFFFFFF,
       .server_time_ms = UINT64_MAX,
       .is_historical = true},
      {.alias = 9, .time_ms = 4, .value = 7, .status = 0x00000480},  // good, with info bits
  };
  DataEncoder encoder;
  for (const auto& point : points) encoder.add(point);
  auto metrics = read(encoder.bytes());
  ASSERT_EQ(metrics.size(), points.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_EQ(metrics[i].alias, points[i].alias);
    EXPECT_TRUE(metrics[i].has_alias);
    EXPECT_EQ(metrics[i].time_ms, points[i].time_ms);
    EXPECT_EQ(metrics[i].status, points[i].status);
    EXPECT_EQ(metrics[i].server_time_ms, points[i].server_time_ms);
    EXPECT_EQ(metrics[i].is_historical, points[i].is_historical);
    if (std::isnan(points[i].value)) {
      EXPECT_TRUE(std::isnan(metrics[i].value));
      EXPECT_EQ(metrics[i].kind, ValueKind::null);
    } else {
      EXPECT_EQ(std::signbit(metrics[i].value), std::signbit(points[i].value));
      EXPECT_EQ(metrics[i].value, points[i].value);
    }
  }
}

TEST(SparkplugData, IsWhatProtobufReads) {
  DataEncoder encoder;
  encoder.add({.alias = 7, .time_ms = 11, .value = 2.5, .status = status::bad, .is_historical = true});
  encoder.add_text("Millrace/Decision", 12, std::string(300, 'x'));
  std::string payload(encoder.bytes());
  append_time(payload, 13);
  append_unsigned(payload, "Millrace/Batch", 1'000'000, 13);
  append_text(payload, "Millrace/Epoch", "e1", 13);
  append_seq(payload, 200);
  oracle::Payload theirs;
  ASSERT_TRUE(theirs.ParseFromString(payload));
  EXPECT_EQ(theirs.timestamp(), 13u);
  EXPECT_EQ(theirs.seq(), 200u);
  ASSERT_EQ(theirs.metrics_size(), 4);
  EXPECT_EQ(theirs.metrics(0).alias(), 7u);
  EXPECT_EQ(theirs.metrics(0).datatype(), 10u);
  EXPECT_TRUE(theirs.metrics(0).is_historical());
  EXPECT_EQ(theirs.metrics(0).properties().keys(0), "Quality");
  EXPECT_EQ(theirs.metrics(0).properties().values(0).int_value(), 0u);
  EXPECT_EQ(theirs.metrics(0).properties().values(1).long_value(), status::bad);
  EXPECT_EQ(theirs.metrics(1).string_value(), std::string(300, 'x'));
  EXPECT_EQ(theirs.metrics(2).name(), "Millrace/Batch");
  EXPECT_EQ(theirs.metrics(2).long_value(), 1'000'000u);
  EXPECT_EQ(theirs.metrics(3).string_value(), "e1");
  DataDecoder decoder(payload);
  EXPECT_EQ(decoder.seq(), 200u);
  EXPECT_EQ(decoder.time_ms(), 13u);
}

TEST(SparkplugData, ReadsEveryTypeOfAForeignNode) {
  oracle::Payload theirs;
  theirs.set_timestamp(5);
  auto add = [&](std::uint32_t type) {
    auto* metric = theirs.add_metrics();
    metric->set_name("m");
    if (type != 0) metric->set_datatype(type);
    return metric;
  };
  add(3)->set_int_value(static_cast<std::uint32_t>(-3));
  add(9)->set_float_value(1.5f);
  add(11)->set_boolean_value(true);
  add(12)->set_string_value("text");
  add(0)->set_int_value(static_cast<std::uint32_t>(-3));  // by the birth's type
  auto* stale = add(10);
  stale->set_double_value(4);
  stale->mutable_properties()->add_keys("Quality");
  stale->mutable_properties()->add_values()->set_int_value(500);
  add(17)->set_bytes_value("abc");
  auto bytes = theirs.SerializeAsString();  // the metrics are views into it
  auto metrics = read(bytes);
  EXPECT_EQ(metrics[0].value, -3);
  EXPECT_EQ(metrics[0].time_ms, 5u);
  EXPECT_EQ(metrics[1].value, 1.5);
  EXPECT_EQ(metrics[2].value, 1);
  EXPECT_EQ(metrics[3].text, "text");
  EXPECT_EQ(metrics[3].kind, ValueKind::text);
  EXPECT_EQ(metrics[4].number(DataType::int32), -3);
  EXPECT_EQ(metrics[4].number(DataType::uint32), 4294967293.0);
  EXPECT_EQ(metrics[5].status, status::uncertain_last_usable_value);
  EXPECT_EQ(metrics[6].kind, ValueKind::other);
}

TEST(SparkplugData, MarksEveryMetricAsHistorical) {
  DataEncoder encoder;
  encoder.add({.alias = 7, .time_ms = 11, .value = 2.5});
  encoder.add({.alias = 8, .time_ms = 11, .value = nan, .status = status::bad, .is_historical = true});
  encoder.add_text("Millrace/Decision", 12, std::string(125, 'x'));
  std::string marked;
  ASSERT_TRUE(append_as_historical(marked, encoder.bytes()));
  auto before = read(encoder.bytes());
  auto after = read(marked);
  ASSERT_EQ(after.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(after[i].is_historical);
    EXPECT_EQ(after[i].alias, before[i].alias);
    EXPECT_EQ(after[i].text, before[i].text);
    EXPECT_EQ(after[i].status, before[i].status);
  }
  oracle::Payload theirs;
  ASSERT_TRUE(theirs.ParseFromString(marked));
  EXPECT_TRUE(theirs.metrics(2).is_historical());
  EXPECT_FALSE(append_as_historical(marked, "\x12\x05x"));
}

TEST(SparkplugData, UsesItsBufferAgain) {
  DataEncoder encoder;
  for (int i = 0; i < 1000; ++i) encoder.add({.alias = 1, .time_ms = 2, .value = 3});
  const auto* before = encoder.bytes().data();
  for (int round = 0; round < 10; ++round) {
    encoder.clear();
    for (int i = 0; i < 1000; ++i) encoder.add({.alias = 1, .time_ms = 2, .value = 3});
  }
  EXPECT_EQ(encoder.bytes().data(), before);
  EXPECT_EQ(encoder.metrics(), 1000u);
}

TEST(SparkplugData, SurvivesDamagedBytes) {
  DataEncoder encoder;
  for (int i = 0; i < 4; ++i) {
    encoder.add({.alias = 400, .time_ms = 2, .value = 3, .status = i % 2 ? status::bad : status::good});
  }
  std::string good(encoder.bytes());
  append_seq(good, 5);
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = good;
    bytes.resize(random() % (bytes.size() + 1));
    if (!bytes.empty()) bytes[random() % bytes.size()] = static_cast<char>(random());
    DataDecoder decoder(bytes);
    std::size_t count = 0;
    for (DataMetric metric; decoder.next(metric);) ++count;
    EXPECT_LE(count, bytes.size());
    if (decode(bytes)) {
      EXPECT_TRUE(decoder.ok());
    }
  }
}

}  // namespace
}  // namespace millrace::sparkplug
