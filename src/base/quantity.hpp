#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {

/// "250 ms", "10s", "1.5 min", "2 h", "30 d", "2 w": a number, not negative, and us, ms, s, min, h, d (days), w
/// (weeks), with or without blanks between.
std::optional<std::int64_t> read_duration_us(std::string_view text);

/// "512 B", "8 KiB", "1.5 GB": a number, not negative, and B, kB, MB, GB, TB, KiB, MiB, GiB or TiB.
std::optional<std::uint64_t> read_size_bytes(std::string_view text);

/// What one of such a unit is: "ms" is 1000 us, "KiB" is 1024 B.
std::optional<double> time_unit_us(std::string_view unit);
std::optional<double> size_unit_bytes(std::string_view unit);

}  // namespace millrace
