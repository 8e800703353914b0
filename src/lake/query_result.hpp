#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace {

/// One value of a result or a parameter. Times are RFC 3339 text in results; a list of numbers keeps NULL as NaN.
using QueryCell = std::variant<std::monostate, bool, std::int64_t, double, std::string, std::vector<double>>;

struct QueryResult {
  std::vector<std::string> columns;
  std::vector<std::string> types;  ///< "boolean", "integer", "number", "text", "time", "numbers"
  std::vector<std::vector<QueryCell>> rows;
  bool truncated = false;  ///< there were more rows than asked for

  /// Position of a column, or -1.
  [[nodiscard]] int column(std::string_view name) const;
  /// The cell as a number (booleans too), NaN when it is none or out of range.
  [[nodiscard]] double number(std::size_t row, std::size_t column) const;
  [[nodiscard]] std::string text(std::size_t row, std::size_t column) const;
};

/// {"columns":[{"name","type"}],"rows":[[...]],"truncated":false}; NaN and infinity become null, as JSON has none.
std::string to_json(const QueryResult& result);

/// `text` as a JSON string with its quotes.
std::string json_quote(std::string_view text);

}  // namespace millrace
