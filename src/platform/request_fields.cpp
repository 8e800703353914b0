#include "platform/request_fields.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <cmath>

namespace millrace {
namespace {

struct NameRule {
  std::string_view first, rest;  ///< characters allowed at the start and after it
  std::size_t limit;
  std::string_view words;
};

constexpr std::string_view lower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view lower_digits = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view lower_digits_dash = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view lower_digits_underscore = "abcdefghijklmnopqrstuvwxyz0123456789_";
constexpr std::string_view letters_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view letters_digits_dash = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view letters_digits_marks = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
constexpr std::string_view hexadecimal = "0123456789abcdef";

NameRule rule_of(NameKind kind) {
  switch (kind) {
    case NameKind::use_case:
      return {lower_digits, lower_digits_dash, 64, "lower-case letters, digits and '-', at most 64"};
    case NameKind::site:
      return {letters_digits, letters_digits_marks, 64, "letters, digits, '.', '_' and '-', at most 64"};
    case NameKind::asset:
      return {letters_digits, letters_digits_marks, 128, "letters, digits, '.', '_' and '-', at most 128"};
    case NameKind::decision:
      return {letters_digits_dash, letters_digits_dash, 64, "letters, digits and '-', at most 64"};
    case NameKind::advice:
      return {lower, lower_digits_underscore, 64, "lower-case letters, digits and '_', at most 64"};
    case NameKind::sha256:
      return {hexadecimal, hexadecimal, 64, "64 lower-case hexadecimal digits"};
  }
  return {};
}

/// Made printable and short: error messages go to terminals and logs.
std::string shown(std::string_view text) {
  std::string safe;
  for (const unsigned char c : text.substr(0, 80)) safe += c >= 0x20 && c < 0x7F ? static_cast<char>(c) : '?';
  return "'" + safe + (text.size() > 80 ? "...'" : "'");
}

tl::unexpected<Error> wrong(std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); }

Result<std::int64_t> check_integer(std::string_view field, std::string_view text, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value < low || value > high) {
    return wrong(fmt::format("{} is {}: it must be an integer from {} to {}", field, shown(text), low, high));
  }
  return value;
}

std::optional<std::string_view> query(const http::Request& request, std::string_view field) {
  const auto found = request.query.find(field);
  if (found == request.query.end()) return std::nullopt;
  return found->second;
}

}  // namespace

Result<std::string> check_name(std::string_view field, std::string_view text, NameKind kind) {
  const auto rule = rule_of(kind);
  const bool good = !text.empty() && text.size() <= rule.limit &&
                    rule.first.find(text.front()) != std::string_view::npos &&
                    text.find_first_not_of(rule.rest) == std::string_view::npos &&
                    (kind != NameKind::sha256 || text.size() == rule.limit);
  if (!good) return wrong(fmt::format("{} is {}: it must be {}", field, shown(text), rule.words));
  return std::string(text);
}

Result<std::string> path_name(const http::Request& request, std::string_view field, NameKind kind) {
  const auto found = request.parameters.find(field);
  return check_name(field, found == request.parameters.end() ? std::string_view() : found->second, kind);
}

Result<std::int64_t> path_integer(const http::Request& request, std::string_view field, std::int64_t low,
                                  std::int64_t high) {
  const auto found = request.parameters.find(field);
  return check_integer(field, found == request.parameters.end() ? std::string_view() : found->second, low, high);
}

Result<std::optional<std::string>> query_name(const http::Request& request, std::string_view field, NameKind kind) {
  const auto text = query(request, field);
  if (!text) return std::optional<std::string>();
  TRY_ASSIGN(auto name, check_name(field, *text, kind));
  return std::optional<std::string>(std::move(name));
}

Result<std::optional<std::string>> query_text(const http::Request& request, std::string_view field, std::size_t limit) {
  const auto text = query(request, field);
  if (!text) return std::optional<std::string>();
  if (text->empty() || text->size() > limit) return wrong(fmt::format("{} must have 1 to {} characters", field, limit));
  return std::optional<std::string>(*text);
}

Result<std::int64_t> query_integer(const http::Request& request, std::string_view field, std::int64_t low,
                                   std::int64_t high, std::int64_t absent) {
  const auto text = query(request, field);
  return text ? check_integer(field, *text, low, high) : Result<std::int64_t>(absent);
}

Result<std::optional<TimeUs>> query_time(const http::Request& request, std::string_view field) {
  const auto text = query(request, field);
  if (!text) return std::optional<TimeUs>();
  const auto time = parse_time(*text);
  if (!time) return wrong(fmt::format("{} is {}: it must be a time like 2026-03-01T12:00:00Z", field, shown(*text)));
  return std::optional<TimeUs>(*time);
}

Result<nlohmann::json> json_body(const http::Request& request, const std::vector<std::string_view>& required,
                                 const std::vector<std::string_view>& optional) {
  auto body = nlohmann::json::parse(request.body, nullptr, false);
  if (!body.is_object()) return wrong("the body must be a JSON object");
  for (const auto& [member, value] : body.items()) {
    const auto known = [&](const auto& names) { return std::find(names.begin(), names.end(), member) != names.end(); };
    if (!known(required) && !known(optional)) return wrong(fmt::format("{} is not known here", shown(member)));
  }
  for (const auto member : required) {
    if (!body.contains(member)) return wrong(fmt::format("'{}' is missing", member));
  }
  return body;
}

Result<std::string> text_member(const nlohmann::json& object, std::string_view member, std::size_t low,
                                std::size_t high) {
  const auto found = object.find(member);
  if (found == object.end() || !found->is_string()) return wrong(fmt::format("'{}' must be a text", member));
  auto text = found->get<std::string>();
  if (text.size() < low || text.size() > high) {
    return wrong(fmt::format("'{}' has {} characters: it must have {} to {}", member, text.size(), low, high));
  }
  return text;
}

Result<std::int64_t> integer_member(const nlohmann::json& object, std::string_view member, std::int64_t low,
                                    std::int64_t high) {
  const auto found = object.find(member);
  const auto out_of_range = [&] {
    return wrong(fmt::format("'{}' must be an integer from {} to {}", member, low, high));
  };
  if (found == object.end() || !found->is_number()) return out_of_range();
  if (found->is_number_float()) {
    // JSON has one kind of number: 1.0 is the integer 1 (JSON Schema 2020-12, 4.2.3).
    const auto number = found->get<double>();
    if (number != std::floor(number) || number < static_cast<double>(low) || number > static_cast<double>(high))
      return out_of_range();
    return static_cast<std::int64_t>(number);
  }
  if (found->is_number_unsigned() && found->get<std::uint64_t>() > static_cast<std::uint64_t>(high))
    return out_of_range();
  const auto number = found->get<std::int64_t>();
  if (number < low || number > high) return out_of_range();
  return number;
}

}  // namespace millrace
