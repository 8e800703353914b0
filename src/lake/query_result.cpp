#include "lake/query_result.hpp"

#include "lake/rows.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace millrace {
namespace {

void append_number(std::string& out, double value) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else {
    out += "null";
  }
}

struct AppendCell {
  std::string& out;
  void operator()(std::monostate) const { out += "null"; }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const { fmt::format_to(std::back_inserter(out), "{}", value); }
  void operator()(double value) const { append_number(out, value); }
  void operator()(const std::string& value) const { out += json_quote(value); }
  void operator()(const std::vector<double>& values) const {
    out += '[';
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) out += ',';
      append_number(out, values[i]);
    }
    out += ']';
  }
};

}  // namespace

int QueryResult::column(std::string_view name) const {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == name) return static_cast<int>(i);
  }
  return -1;
}

double QueryResult::number(std::size_t row, std::size_t column) const {
  if (row >= rows.size() || column >= rows[row].size()) return no_value;
  const QueryCell& cell = rows[row][column];
  if (const auto* real = std::get_if<double>(&cell)) return *real;
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*integer);
  if (const auto* flag = std::get_if<bool>(&cell)) return *flag ? 1.0 : 0.0;
  return no_value;
}

std::string QueryResult::text(std::size_t row, std::size_t column) const {
  if (row >= rows.size() || column >= rows[row].size()) return {};
  const QueryCell& cell = rows[row][column];
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (std::holds_alternative<std::monostate>(cell)) return {};
  std::string out;
  std::visit(AppendCell{out}, cell);
  return out;
}

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out += c;
        }
    }
  }
  out += '"';
  return out;
}

std::string to_json(const QueryResult& result) {
  std::string out = "{\"columns\":[";
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}{{\"name\":{},\"type\":\"{}\"}}", i > 0 ? "," : "",
                   json_quote(result.columns[i]), result.types[i]);
  }
  out += "],\"rows\":[";
  for (std::size_t r = 0; r < result.rows.size(); ++r) {
    out += r > 0 ? ",[" : "[";
    for (std::size_t c = 0; c < result.rows[r].size(); ++c) {
      if (c > 0) out += ',';
      std::visit(AppendCell{out}, result.rows[r][c]);
    }
    out += ']';
  }
  out += result.truncated ? "],\"truncated\":true}" : "],\"truncated\":false}";
  return out;
}

}  // namespace millrace
