#include "gateway/config.hpp"

#include <fmt/format.h>

#include <charconv>

namespace millrace {

namespace {

constexpr std::uint64_t assets_limit = 100'000;

struct Numbered {
  std::string_view prefix;
  std::string_view digits;
  std::uint64_t number = 0;
};

bool split(std::string_view text, Numbered& out) {
  auto first_digit = text.find_last_not_of("0123456789") + 1;  // npos + 1 = 0
  out.prefix = text.substr(0, first_digit);
  out.digits = text.substr(first_digit);
  auto [end, error] = std::from_chars(out.digits.data(), out.digits.data() + out.digits.size(), out.number);
  return error == std::errc() && !out.digits.empty();
}

}  // namespace

Result<std::vector<std::string>> expand_asset_ids(std::string_view text) {
  auto dots = text.find("..");
  if (dots == std::string_view::npos) {
    if (text.empty()) return fail(ErrorCode::invalid_argument, "an asset needs a name");
    return std::vector<std::string>{std::string(text)};
  }
  Numbered first;
  Numbered last;
  if (!split(text.substr(0, dots), first) || !split(text.substr(dots + 2), last) || first.prefix != last.prefix ||
      first.number > last.number || last.number - first.number >= assets_limit) {
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("'{}' is no range of assets; write engine-061..engine-100: the same name, rising numbers", text));
  }
  std::vector<std::string> ids;
  for (auto number = first.number; number <= last.number; ++number) {
    ids.push_back(fmt::format("{}{:0{}}", first.prefix, number, first.digits.size()));
  }
  return ids;
}

}  // namespace millrace
