#include "lake/duckdb/guard.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace millrace::duck {
namespace {

using nlohmann::json;

/// Functions after FROM that read the lake, its catalogue or their arguments. All others are refused, also those that
/// a later DuckDB brings.
constexpr std::array<std::string_view, 22> table_functions = {
    "duckdb_columns",
    "duckdb_functions",
    "duckdb_keywords",
    "duckdb_schemas",
    "duckdb_tables",
    "duckdb_types",
    "duckdb_views",
    "ducklake_current_snapshot",
    "ducklake_list_files",
    "ducklake_snapshots",
    "ducklake_table_changes",
    "ducklake_table_deletions",
    "ducklake_table_info",
    "ducklake_table_insertions",
    "generate_series",
    "json_each",
    "json_tree",
    "pragma_table_info",
    "range",
    "repeat",
    "repeat_row",
    "unnest",
};
/// Functions of values that do more than compute: they bind SQL out of a text, tell the environment, or hold a reader
/// past its time limit.
constexpr std::array<std::string_view, 4> refused_functions = {"getenv", "json_serialize_plan", "pg_sleep", "sleep_ms"};

template <std::size_t N>
bool contains(const std::array<std::string_view, N>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string lower(std::string text) {
  for (auto& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

/// What EXPLAIN explains; DuckDB serialises no EXPLAIN. With ANALYZE, which would run it, nothing is left that parses.
std::string without_explain(const std::string& sql) {
  constexpr std::string_view spaces = " \t\r\n", word = "explain";
  const auto start = sql.find_first_not_of(spaces);
  if (start == std::string::npos || lower(sql.substr(start, word.size())) != word) return sql;
  return sql.substr(start + word.size());
}

/// In lower case; empty where there is none.
std::string function_name(const json& node) {
  const auto name = node.find("function_name");
  return name != node.end() && name->is_string() ? lower(*name) : std::string();
}

Result<void> check_node(const json& node) {
  if (const auto name = function_name(node); contains(refused_functions, name)) {
    return fail(ErrorCode::permission_denied, fmt::format("{}() is not allowed in a query of the lake", name));
  }
  if (node.value("type", json()) != "TABLE_FUNCTION") return {};
  const auto name = function_name(node.value("function", json::object()));
  if (contains(table_functions, name)) return {};
  return fail(ErrorCode::permission_denied,
              fmt::format("FROM {}(...) is not allowed in a query of the lake; allowed are its tables and {}", name,
                          fmt::join(table_functions, ", ")));
}

}  // namespace

Result<void> check_reads_lake(const Connection& connection, const std::string& sql) {
  TRY_ASSIGN(const auto serialized,
             connection.query("SELECT json_serialize_sql(?::VARCHAR)", {.parameters = {without_explain(sql.c_str())}}));
  const auto tree = json::parse(serialized.text(0, 0), nullptr, false);
  if (!tree.is_object() || tree.value("error", json()) != false) {  // DuckDB serialises what reads, and nothing else
    return fail(ErrorCode::permission_denied,
                "only statements that read are allowed here: SELECT, WITH, FROM, DESCRIBE, SHOW or EXPLAIN "
                "(as the first word, without options)");
  }
  std::vector<const json*> open = {&tree};
  while (!open.empty()) {
    const auto& node = *open.back();
    open.pop_back();
    if (node.is_object()) TRY(check_node(node));
    for (const auto& child : node) {
      if (child.is_structured()) open.push_back(&child);
    }
  }
  return {};
}

}  // namespace millrace::duck
