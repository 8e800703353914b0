#include "usecase/diff.hpp"

#include "base/hash.hpp"
#include "usecase/yaml_reader.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>
#include <set>

namespace millrace {
namespace {

using Json = nlohmann::json;  // keys sorted: the order in the file does not matter

Json to_value(const YAML::Node& node) {
  if (node.IsSequence()) {
    Json list = Json::array();
    for (const YAML::Node& entry : node) list.push_back(to_value(entry));
    return list;
  }
  if (node.IsMap()) {
    Json map = Json::object();
    for (const auto& entry : node) map[entry.first.Scalar()] = to_value(entry.second);
    return map;
  }
  if (!node.IsScalar()) return nullptr;
  const std::string& text = node.Scalar();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!text.empty() && error == std::errc{} && end == text.data() + text.size() && std::isfinite(number))
    return number;  // 5, 5.0 and "5" are one
  return text;
}

Result<Json> read(std::string_view yaml) {
  YamlReader reader;
  const auto document = load_yaml(yaml, reader);
  if (document) {
    try {
      return to_value(*document);
    } catch (const YAML::Exception& error) {
      return fail(ErrorCode::invalid_argument, error.what());
    }
  }
  const auto problems = reader.take_problems();
  return fail(ErrorCode::invalid_argument, fmt::format("line {}: {}", problems.front().line, problems.front().message));
}

/// The name that identifies an entry of a list: signals by name, privacy rules by signal.
std::string entry_name(const Json& entry) {
  for (const char* key : {"name", "signal"}) {
    if (entry.is_object() && entry.contains(key) && entry[key].is_string()) return entry[key].get<std::string>();
  }
  return {};
}

bool is_named_list(const Json& list) {
  if (!list.is_array() || list.empty()) return false;
  std::set<std::string> names;
  for (const Json& entry : list) {
    const std::string name = entry_name(entry);
    if (name.empty() || !names.insert(name).second) return false;
  }
  return true;
}

Json by_name(const Json& list) {
  Json map = Json::object();
  for (const Json& entry : list) map[entry_name(entry)] = entry;
  return map;
}

void compare(const std::string& path, const Json& before, const Json& after, std::vector<UseCaseChange>& changes) {
  if (before == after) return;
  const auto child = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  const auto walk = [&](const Json& left, const Json& right, auto&& name) {
    std::set<std::string> keys;
    for (const auto& [key, value] : left.items()) keys.insert(key);
    for (const auto& [key, value] : right.items()) keys.insert(key);
    for (const std::string& key : keys) compare(name(key), left.value(key, Json()), right.value(key, Json()), changes);
  };
  if (before.is_object() && after.is_object()) return walk(before, after, child);
  const bool named = (is_named_list(before) || before.is_null()) && (is_named_list(after) || after.is_null());
  if (named && (before.is_array() || after.is_array()) && !(before.is_null() || after.is_null())) {
    return walk(by_name(before), by_name(after), [&](const std::string& key) { return path + "[" + key + "]"; });
  }
  changes.push_back({path, before.is_null() ? "" : before.dump(-1, ' ', false, Json::error_handler_t::replace),
                     after.is_null() ? "" : after.dump(-1, ' ', false, Json::error_handler_t::replace)});
}

}  // namespace

Result<std::vector<UseCaseChange>> diff_use_cases(std::string_view before_yaml, std::string_view after_yaml) {
  Json before = Json::object();
  if (!before_yaml.empty()) {
    TRY_ASSIGN(before, read(before_yaml));
  }
  TRY_ASSIGN(const Json after, read(after_yaml));
  std::vector<UseCaseChange> changes;
  compare("", before, after, changes);
  return changes;
}

Result<std::string> use_case_hash(std::string_view yaml) {
  TRY_ASSIGN(const Json value, read(yaml));
  return sha256_hex(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace millrace
