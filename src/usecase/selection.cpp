#include "usecase/selection.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {

bool selects(const UseCase::Assets& wanted, std::string_view site, std::string_view type,
             std::span<const std::string> tags) {
  const bool right_site = wanted.site == "*" || wanted.site.empty() || wanted.site == site;
  const bool right_tag = wanted.tag.empty() || std::find(tags.begin(), tags.end(), wanted.tag) != tags.end();
  return right_site && wanted.type == type && !type.empty() && right_tag;
}

std::string to_text(const UseCase::Assets& wanted) {
  return fmt::format("type {}{}{}, {}", wanted.type, wanted.tag.empty() ? "" : ", tag ", wanted.tag,
                     wanted.site == "*" || wanted.site.empty() ? "any site" : "site " + wanted.site);
}

}  // namespace millrace
