#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::cli {

/// A line of CSV (RFC 4180): cells with commas, quotes or line breaks are quoted. Ends with "\n".
std::string csv_line(const std::vector<std::string>& cells);
/// {columns: [...], rows: [[...]]} as CSV with a header; null is an empty cell.
std::string csv_table(const nlohmann::json& table, bool header = true);

/// A large CSV text in pieces of whole lines, each of which fits a request; the header stays in front of each.
struct CsvPiece {
  std::string text;            ///< header and lines
  std::size_t first_line = 0;  ///< number of the piece's first data line in the whole text, from 1
};
std::vector<CsvPiece> split_csv(std::string_view text, std::size_t limit_bytes);

}  // namespace millrace::cli
