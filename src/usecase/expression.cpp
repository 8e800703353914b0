#include "usecase/expression.hpp"

#include "base/quantity.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<std::pair<std::string_view, CompareOperator>, 5> operators{
    {{"<=", CompareOperator::less_equal},  // the longer ones first
     {">=", CompareOperator::greater_equal},
     {"==", CompareOperator::equal},
     {"<", CompareOperator::less},
     {">", CompareOperator::greater}}};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

/// Takes a number off the front: "-20 %" leaves "%".
std::optional<double> take_number(std::string_view& text) {
  text = trimmed(text);
  std::string_view digits = text;
  if (digits.starts_with('+')) digits.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  text = trimmed(digits.substr(static_cast<std::size_t>(end - digits.data())));
  return value;
}

auto unreadable(std::string_view text, std::string_view what, std::string_view remedy) {
  return fail(ErrorCode::invalid_argument, fmt::format("\"{}\" is no {}: write {}", text, what, remedy));
}

bool is_name(std::string_view text) {
  if (text.empty() || !(std::isalpha(static_cast<unsigned char>(text[0])) || text[0] == '_')) return false;
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '.' && c != '-') return false;
  }
  return true;
}

}  // namespace

std::string_view to_string(CompareOperator compare) {
  for (const auto& [text, value] : operators) {
    if (value == compare) return text;
  }
  return "?";
}

bool Comparison::holds(double measured) const {
  switch (compare) {
    case CompareOperator::less:
      return measured < value;
    case CompareOperator::less_equal:
      return measured <= value;
    case CompareOperator::greater:
      return measured > value;
    case CompareOperator::greater_equal:
      return measured >= value;
    case CompareOperator::equal:
      return measured == value;
  }
  return false;
}

Result<Comparison> parse_comparison(std::string_view text) {
  constexpr std::string_view remedy = "an operator and a number, e.g. \"<= 15\" or \"> 5 ms\"";
  std::string_view rest = trimmed(text);
  for (const auto& [sign, compare] : operators) {
    if (!rest.starts_with(sign)) continue;
    rest.remove_prefix(sign.size());
    const auto number = take_number(rest);
    if (!number || (!rest.empty() && rest != "%" && !is_name(rest))) break;
    if (rest == "%") return Comparison{compare, *number / 100, ""};
    if (const auto factor = time_unit_us(rest)) return Comparison{compare, *number * *factor, "us"};
    if (const auto factor = size_unit_bytes(rest)) return Comparison{compare, *number * *factor, "bytes"};
    return Comparison{compare, *number, std::string(rest)};
  }
  return unreadable(text, "comparison", remedy);
}

Result<Condition> parse_condition(std::string_view text) {
  const std::size_t sign = text.find_first_of("<>=");
  const std::string_view name = trimmed(text.substr(0, sign));
  if (sign == std::string_view::npos || !is_name(name)) {
    return unreadable(text, "condition", "a name, an operator and a number, e.g. \"rul < 20\"");
  }
  TRY_ASSIGN(const Comparison comparison, parse_comparison(text.substr(sign)));
  return Condition{std::string(name), comparison};
}

Result<Target> parse_target(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_number(rest);
  if (number && rest == "%") return Target{*number / 100, true};
  if (number && rest.empty()) return Target{*number, false};
  return unreadable(text, "target", "a change such as \"-20 %\" or the value to reach such as 4.0");
}

Result<std::int64_t> parse_time_span_us(std::string_view text) {
  if (const auto span_us = read_duration_us(trimmed(text))) return *span_us;
  return unreadable(text, "duration", "a number and us, ms, s, min, h, d or w, e.g. \"10 s\"");
}

Result<double> parse_fraction(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_number(rest);
  const double value = number ? (rest == "%" ? *number / 100 : *number) : -1;
  if (number && (rest == "%" || rest.empty()) && value >= 0 && value <= 1) return value;
  return unreadable(text, "share", "0 % to 100 %, e.g. \"5 %\"");
}

Result<Quantity> parse_quantity(std::string_view text) {
  std::string_view rest = text;
  const auto number = take_number(rest);
  if (number && *number >= 0 && (rest.empty() || is_name(rest))) return Quantity{*number, std::string(rest)};
  return unreadable(text, "count", "a number and what is counted, e.g. \"20 cycles\"");
}

std::string to_string(const Comparison& comparison) {
  return fmt::format("{} {}{}{}", to_string(comparison.compare), comparison.value, comparison.unit.empty() ? "" : " ",
                     comparison.unit);
}

std::string to_string(const Condition& condition) { return condition.name + " " + to_string(condition.comparison); }

}  // namespace millrace
