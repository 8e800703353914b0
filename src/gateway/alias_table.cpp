#include "gateway/alias_table.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace {

std::uint64_t AliasTable::assign(std::string_view asset, std::string_view metric) {
  auto found = assets_.find(asset);
  if (found == assets_.end()) found = assets_.try_emplace(std::string(asset)).first;
  auto alias = found->second.find(metric);
  if (alias == found->second.end()) alias = found->second.emplace(std::string(metric), next_++).first;
  return alias->second;
}

std::string AliasTable::to_text() const { return nlohmann::json{{"next", next_}, {"assets", assets_}}.dump(); }

Result<AliasTable> AliasTable::parse(std::string_view text) {
  auto wrong = [] { return fail(ErrorCode::corrupt, "the spool's table of aliases cannot be read"); };
  auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("next") || !json["next"].is_number_unsigned() || !json.contains("assets") ||
      !json["assets"].is_object()) {
    return wrong();
  }
  AliasTable table;
  table.next_ = json["next"].get<std::uint64_t>();
  for (const auto& [asset, metrics] : json["assets"].items()) {
    if (!metrics.is_object()) return wrong();
    for (const auto& [metric, alias] : metrics.items()) {
      if (!alias.is_number_unsigned() || alias.get<std::uint64_t>() >= table.next_) return wrong();
      table.assets_[asset][metric] = alias.get<std::uint64_t>();
    }
  }
  return table;
}

}  // namespace millrace
