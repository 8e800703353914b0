#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace {

enum class CompareOperator { less, less_equal, greater, greater_equal, equal };
std::string_view to_string(CompareOperator compare);

/// "<= 15", "> 5 ms", ">= 90 %": percentages become fractions; a unit of time becomes microseconds (unit "us").
struct Comparison {
  CompareOperator compare = CompareOperator::less_equal;
  double value = 0;
  std::string unit;  ///< "us" for times, "bytes" for sizes, else as written
  [[nodiscard]] bool holds(double measured) const;
};

/// "rul < 20": a name, then a comparison.
struct Condition {
  std::string name;
  Comparison comparison;
};

/// "-20 %" (relative change against the baseline) or "4.0" (absolute).
struct Target {
  double value = 0;  ///< -0.2 for "-20 %"
  bool relative = true;
  /// What the KPI must reach. The direction is down when the target lies below the baseline.
  [[nodiscard]] double absolute(double baseline) const { return relative ? baseline * (1 + value) : value; }
};

/// "20 cycles", "200 labels", "30 rows": a count and its word.
struct Quantity {
  double value = 0;
  std::string unit;
};

/// Each error says what was read and what was expected, e.g. `"5 secs" is no duration: write 500 ms, 10 s, 5 min ...`.
Result<Comparison> parse_comparison(std::string_view text);
Result<Condition> parse_condition(std::string_view text);
Result<Target> parse_target(std::string_view text);
Result<std::int64_t> parse_time_span_us(std::string_view text);  ///< as base/quantity.hpp
Result<double> parse_fraction(std::string_view text);            ///< "5 %" -> 0.05, "0.05" -> 0.05
Result<Quantity> parse_quantity(std::string_view text);
std::string to_string(const Comparison& comparison);
std::string to_string(const Condition& condition);

}  // namespace millrace
