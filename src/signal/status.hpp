#pragma once

#include <cstdint>

namespace millrace {

/// A 32-bit OPC UA StatusCode (OPC 10000-4, 7.39): bits 31-30 are the severity. Carried unchanged from source to lake.
using StatusCode = std::uint32_t;

namespace status {
inline constexpr StatusCode good = 0x00000000;
inline constexpr StatusCode uncertain = 0x40000000;
inline constexpr StatusCode uncertain_last_usable_value = 0x40900000;
inline constexpr StatusCode bad = 0x80000000;
inline constexpr StatusCode bad_no_communication = 0x80310000;
inline constexpr StatusCode bad_out_of_range = 0x803C0000;
inline constexpr StatusCode bad_sensor_failure = 0x808C0000;
}  // namespace status

constexpr bool is_good(StatusCode code) { return (code >> 30) == 0; }
constexpr bool is_uncertain(StatusCode code) { return (code >> 30) == 1; }
constexpr bool is_bad(StatusCode code) { return (code >> 30) >= 2; }

}  // namespace millrace
