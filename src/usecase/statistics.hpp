#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

/// Statistics over the n usable values v(0..n-1) of a window, oldest first, with their row numbers x. Missing values
/// are left out; with no usable value the statistic is NaN (which tree models take as missing).
enum class Statistic : std::uint8_t {
  last,       ///< the newest usable value
  mean,       ///< arithmetic mean
  std,        ///< population standard deviation, two passes; 0 for one value
  slope,      ///< least squares, per row; 0 for one value
  trend_end,  ///< the least-squares line at the newest row of the window
  min,
  max,
  range,        ///< max - min
  mean_recent,  ///< "mean_5": mean of the newest 5 rows
  std_recent,   ///< "std_5": deviation of the newest 5 rows
  delta_first,  ///< "delta_first_10": mean of the newest 15 rows minus mean of the first 10 rows of the asset's life
};

/// How many of the newest rows delta_first compares with the first ones.
inline constexpr std::uint32_t delta_recent_rows = 15;

struct StatisticSpec {
  Statistic kind = Statistic::mean;
  std::uint32_t rows = 0;  ///< mean_recent, std_recent, delta_first: how many
  bool operator==(const StatisticSpec&) const = default;
};

/// "mean", "mean_15", "delta_first_10"; plain "delta_first" takes `baseline_rows`. The error lists what exists.
Result<StatisticSpec> parse_statistic(std::string_view name, std::uint32_t baseline_rows = 10);
std::string to_string(const StatisticSpec& spec);

}  // namespace millrace
