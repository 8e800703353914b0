#include "net/http/route_table.hpp"

#include "net/http/target.hpp"

#include <algorithm>

namespace millrace::http {
namespace {

/// "/a/b" -> "a", "b"; "/" -> "".
std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> parts;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    auto slash = path.find('/');
    parts.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return parts;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(std::string_view part) { return part.starts_with('{') && part.ends_with('}'); }

std::string_view name_of(std::string_view part) {
  auto name = part.substr(1, part.size() - 2);
  return name.ends_with('*') ? name.substr(0, name.size() - 1) : name;
}

}  // namespace

RouteTable::RouteTable(std::vector<Route> routes) {
  for (auto& route : routes) {
    Row row;
    for (auto part : split(route.pattern)) row.parts.emplace_back(part);
    row.takes_rest = row.parts.back().ends_with("*}");
    row.route = std::move(route);
    rows_.push_back(std::move(row));
  }
  std::stable_sort(rows_.begin(), rows_.end(), before);
}

bool RouteTable::before(const Row& left, const Row& right) {
  auto rank = [](const Row& row, std::size_t i) {  // literal, parameter, rest, or nothing at this place
    if (i >= row.parts.size()) return 3;
    if (!is_parameter(row.parts[i])) return 0;
    return row.parts[i].ends_with("*}") ? 2 : 1;
  };
  for (std::size_t i = 0; i < std::max(left.parts.size(), right.parts.size()); ++i) {
    if (rank(left, i) != rank(right, i)) return rank(left, i) < rank(right, i);
  }
  return false;
}

bool RouteTable::fits(const Row& row, const std::vector<std::string_view>& parts, std::string_view raw_path) {
  std::size_t fixed = row.parts.size() - (row.takes_rest ? 1 : 0);
  if (row.takes_rest ? parts.size() < fixed : parts.size() != fixed) return false;
  for (std::size_t i = 0; i < fixed; ++i) {
    if (is_parameter(row.parts[i]) ? parts[i].empty() : parts[i] != row.parts[i]) return false;
  }
  return raw_path.starts_with('/');
}

RouteTable::Match RouteTable::find(std::string_view method, std::string_view raw_path) const {
  auto parts = split(raw_path);
  Match match;
  const Row* found = nullptr;
  for (const auto& row : rows_) {
    if (!fits(row, parts, raw_path)) continue;
    // A wildcard for one method (the console's files) must not hide that a literal path exists for another.
    if (found != nullptr || (row.takes_rest && !match.allow.empty())) break;
    if (row.route.method == method || (method == "HEAD" && row.route.method == "GET")) found = &row;
    if (match.allow.find(row.route.method) == std::string::npos) {
      match.allow += (match.allow.empty() ? "" : ", ") + row.route.method;
      if (row.route.method == "GET") match.allow += ", HEAD";
    }
  }
  if (found == nullptr) return match;
  for (std::size_t i = 0; i < found->parts.size(); ++i) {
    if (!is_parameter(found->parts[i])) continue;
    std::string_view raw;
    if (i < parts.size()) raw = parts[i];
    if (found->takes_rest && i + 1 == found->parts.size() && i < parts.size()) {
      raw = raw_path.substr(static_cast<std::size_t>(parts[i].data() - raw_path.data()));
    }
    auto value = percent_decode(raw);
    if (!value) return {};
    match.parameters[std::string(name_of(found->parts[i]))] = std::move(*value);
  }
  match.route = &found->route;
  match.allow.clear();
  return match;
}

}  // namespace millrace::http
