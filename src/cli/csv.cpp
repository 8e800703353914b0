#include "cli/csv.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace millrace::cli {

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t column = 0; column < cells.size(); ++column) {
    if (column > 0) line += ',';
    const auto& cell = cells[column];
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
      line += cell;
      continue;
    }
    line += '"';
    for (const char c : cell) line += c == '"' ? std::string("\"\"") : std::string(1, c);
    line += '"';
  }
  return line + '\n';
}

std::string csv_table(const nlohmann::json& table, bool header) {
  std::string text;
  if (header) text = csv_line(table.at("columns").get<std::vector<std::string>>());
  for (const auto& row : table.at("rows")) {
    std::vector<std::string> cells;
    for (const auto& value : row) {
      cells.push_back(value.is_null() ? "" : value.is_string() ? value.get<std::string>() : value.dump());
    }
    text += csv_line(cells);
  }
  return text;
}

std::vector<CsvPiece> split_csv(std::string_view text, std::size_t limit_bytes) {
  const auto header_end = std::min(text.find('\n'), text.size());
  const std::string header(text.substr(0, std::min(header_end + 1, text.size())));
  std::vector<CsvPiece> pieces{{header, 2}};
  std::size_t line_number = 2;
  for (auto at = header.size(); at < text.size(); ++line_number) {
    const auto end = std::min(text.find('\n', at), text.size() - 1) + 1;
    if (pieces.back().text.size() + (end - at) > limit_bytes && pieces.back().text.size() > header.size()) {
      pieces.push_back({header, line_number});
    }
    pieces.back().text += text.substr(at, end - at);
    at = end;
  }
  return pieces;
}

}  // namespace millrace::cli
