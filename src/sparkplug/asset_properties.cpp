#include "sparkplug/asset_properties.hpp"

#include "sparkplug/names.hpp"

namespace millrace::sparkplug {
namespace {

std::string text_of(const Payload& birth, std::string_view name) {
  const auto* metric = birth.find(name);
  const auto* text = metric != nullptr ? std::get_if<std::string>(&metric->value) : nullptr;
  return text != nullptr ? *text : std::string();
}

}  // namespace

void tell(const AssetProperties& properties, Payload& birth) {
  const auto time_ms = birth.time_ms.value_or(0);
  std::string tags;
  for (const auto& tag : properties.tags) tags += (tags.empty() ? "" : ",") + tag;
  birth.metrics.push_back(text_metric(std::string(names::type), properties.type, time_ms));
  birth.metrics.push_back(text_metric(std::string(names::tags), tags, time_ms));
}

AssetProperties asset_properties(const Payload& birth) {
  AssetProperties properties{.type = text_of(birth, names::type), .tags = {}};
  const auto tags = text_of(birth, names::tags);
  for (std::size_t from = 0; from < tags.size();) {
    const auto comma = std::min(tags.find(',', from), tags.size());
    if (comma > from) properties.tags.push_back(tags.substr(from, comma - from));
    from = comma + 1;
  }
  return properties;
}

}  // namespace millrace::sparkplug
