#include "sparkplug/payload.hpp"

#include <gtest/gtest.h>

#include "sparkplug_b.pb.h"

namespace millrace::sparkplug {
namespace {

namespace oracle = org::eclipse::tahu::protobuf;

Payload one_of_each() {
  Payload payload{.time_ms = 1'700'000'000'123, .seq = 17, .uuid = "schema-1", .body = std::string("\0\x01", 2)};
  payload.metrics = {
      {.name = "i8", .type = DataType::int8, .value = std::int64_t{-5}},
      {.name = "i16", .type = DataType::int16, .value = std::int64_t{-500}},
      {.name = "i32", .alias = 3, .time_ms = 5, .type = DataType::int32, .value = std::int64_t{-70000}},
      {.name = "i64", .type = DataType::int64, .value = std::int64_t{-5'000'000'000}},
      {.name = "u8", .type = DataType::uint8, .value = std::uint64_t{255}},
      {.name = "u32", .type = DataType::uint32, .value = std::uint64_t{4'000'000'000}},
      {.name = "u64", .type = DataType::uint64, .value = std::uint64_t{18'446'744'073'709'551'615u}},
      {.name = "f", .type = DataType::float32, .value = 1.5},
      {.name = "d", .type = DataType::float64, .is_historical = true, .value = 641.82},
      {.name = "b", .type = DataType::boolean, .is_transient = true, .value = true},
      {.name = "s", .type = DataType::string, .value = std::string("Grüße")},
      {.name = "t", .type = DataType::date_time, .value = std::uint64_t{1'700'000'000'000}},
      {.name = "y", .type = DataType::bytes, .value = Encoded{16, "abc"}},
      {.name = "null",
       .type = DataType::float64,
       .properties = {{"Quality", DataType::int32, std::int64_t{0}},
                      {"engUnit", DataType::string, std::string("degR")},
                      {"nothing", DataType::float32, {}}}},
  };
  return payload;
}

void expect_equal(const Payload& a, const Payload& b) {
  EXPECT_EQ(a.time_ms, b.time_ms);
  EXPECT_EQ(a.seq, b.seq);
  EXPECT_EQ(a.uuid, b.uuid);
  EXPECT_EQ(a.body, b.body);
  ASSERT_EQ(a.metrics.size(), b.metrics.size());
  for (std::size_t i = 0; i < a.metrics.size(); ++i) {
    const auto& x = a.metrics[i];
    const auto& y = b.metrics[i];
    EXPECT_EQ(x.name, y.name);
    EXPECT_EQ(x.alias, y.alias);
    EXPECT_EQ(x.time_ms, y.time_ms);
    EXPECT_EQ(x.type, y.type);
    EXPECT_EQ(x.is_historical, y.is_historical);
    EXPECT_EQ(x.is_transient, y.is_transient);
    EXPECT_EQ(x.value, y.value) << x.name;
    ASSERT_EQ(x.properties.size(), y.properties.size());
    for (std::size_t k = 0; k < x.properties.size(); ++k) {
      EXPECT_EQ(x.properties[k].key, y.properties[k].key);
      EXPECT_EQ(x.properties[k].value, y.properties[k].value);
    }
  }
}

TEST(SparkplugPayload, ComesBackAsItWas) {
  auto payload = one_of_each();
  auto back = decode(encode(payload));
  ASSERT_TRUE(back);
  expect_equal(payload, *back);
  EXPECT_NE(back->find("u64"), nullptr);
  EXPECT_EQ(back->find("none"), nullptr);
}

TEST(SparkplugPayload, IsUnderstoodByProtobufAndUnderstandsIt) {
  auto bytes = encode(one_of_each());
  oracle::Payload theirs;
  ASSERT_TRUE(theirs.ParseFromString(bytes));
  ASSERT_EQ(theirs.metrics_size(), 14);
  EXPECT_EQ(theirs.seq(), 17u);
  EXPECT_EQ(static_cast<std::int8_t>(theirs.metrics(0).int_value()), -5);
  EXPECT_EQ(static_cast<std::int64_t>(theirs.metrics(3).long_value()), -5'000'000'000);
  EXPECT_EQ(theirs.metrics(5).long_value(), 4'000'000'000u);
  EXPECT_FLOAT_EQ(theirs.metrics(7).float_value(), 1.5f);
  EXPECT_DOUBLE_EQ(theirs.metrics(8).double_value(), 641.82);
  EXPECT_TRUE(theirs.metrics(13).is_null());
  EXPECT_EQ(theirs.metrics(13).properties().keys(1), "engUnit");
  EXPECT_EQ(theirs.metrics(13).properties().values(1).string_value(), "degR");
  auto back = decode(theirs.SerializeAsString());
  ASSERT_TRUE(back);
  expect_equal(one_of_each(), *back);
}

TEST(SparkplugPayload, TakesUnsignedAndSignedFromEitherMember) {
  oracle::Payload theirs;
  auto* metric = theirs.add_metrics();
  metric->set_name("u32");
  metric->set_datatype(7);
  metric->set_int_value(4'000'000'000u);
  metric = theirs.add_metrics();
  metric->set_name("i32");
  metric->set_datatype(3);
  metric->set_long_value(static_cast<std::uint64_t>(std::int64_t{-7}));
  auto ours = decode(theirs.SerializeAsString());
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->metrics[0].value, Value(std::uint64_t{4'000'000'000}));
  EXPECT_EQ(ours->metrics[1].value, Value(std::int64_t{-7}));
}

TEST(SparkplugPayload, RefusesDamagedBytesWithoutCrashing) {
  auto bytes = encode(one_of_each());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    auto theirs = oracle::Payload().ParseFromString(bytes.substr(0, size));
    EXPECT_EQ(decode(bytes.substr(0, size)).has_value(), theirs) << size;
  }
  EXPECT_FALSE(decode("no payload at all"));
  EXPECT_EQ(decode("\xff\xff\xff").error().code, ErrorCode::corrupt);
}

TEST(SparkplugPayload, PassesOverUnknownFields) {
  auto bytes = encode(one_of_each()) + std::string(
                                           "\xA2\x06\x03"
                                           "abc",
                                           6);  // field 100: three bytes
  ASSERT_TRUE(decode(bytes));
}

}  // namespace
}  // namespace millrace::sparkplug
