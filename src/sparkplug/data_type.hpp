#pragma once

#include <cstdint>

namespace millrace::sparkplug {

/// Sparkplug B 3.0, 6.4.16: the numbers go over the wire.
enum class DataType : std::uint32_t {
  unknown = 0,
  int8 = 1,
  int16 = 2,
  int32 = 3,
  int64 = 4,
  uint8 = 5,
  uint16 = 6,
  uint32 = 7,
  uint64 = 8,
  float32 = 9,
  float64 = 10,
  boolean = 11,
  string = 12,
  date_time = 13,
  text = 14,
  uuid = 15,
  data_set = 16,
  bytes = 17,
  file = 18,
  template_ = 19,
  property_set = 20,
  property_set_list = 21,
  int8_array = 22,
  date_time_array = 34,
};

constexpr bool is_signed(DataType type) { return type >= DataType::int8 && type <= DataType::int64; }
constexpr bool is_text(DataType type) {
  return type == DataType::string || type == DataType::text || type == DataType::uuid;
}

/// Signed integers travel as two's complement of their own width in `int_value` or `long_value`.
constexpr std::int64_t to_signed(DataType type, std::uint64_t bits) {
  switch (type) {
    case DataType::int8:
      return static_cast<std::int8_t>(bits);
    case DataType::int16:
      return static_cast<std::int16_t>(bits);
    case DataType::int32:
      return static_cast<std::int32_t>(bits);
    default:
      return static_cast<std::int64_t>(bits);
  }
}

}  // namespace millrace::sparkplug
