#include "base/quantity.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

namespace millrace {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr Unit times[] = {{"us", 1},       {"ms", 1e3},        {"s", 1e6},       {"min", 60e6},       {"h", 3600e6},
                          {"d", 86'400e6}, {"days", 86'400e6}, {"w", 604'800e6}, {"weeks", 604'800e6}};
constexpr Unit sizes[] = {
    {"B", 1},    {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0},
    {"kB", 1e3}, {"MB", 1e6},     {"GB", 1e9},        {"TB", 1e12}};
constexpr double exact_limit = 9007199254740992.0;  // 2^53: doubles hold every integer up to here

std::optional<double> factor_of(std::string_view name, std::span<const Unit> units) {
  const auto unit = std::find_if(units.begin(), units.end(), [&](const Unit& each) { return each.name == name; });
  return unit == units.end() ? std::nullopt : std::optional(unit->factor);
}

std::optional<std::int64_t> read(std::string_view text, std::span<const Unit> units) {
  double number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || !(number >= 0) || std::signbit(number)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const auto factor = factor_of(text, units);
  if (!factor || !(number * *factor < exact_limit)) return std::nullopt;
  return std::llround(number * *factor);
}

}  // namespace

std::optional<double> time_unit_us(std::string_view unit) { return factor_of(unit, times); }
std::optional<double> size_unit_bytes(std::string_view unit) { return factor_of(unit, sizes); }

std::optional<std::int64_t> read_duration_us(std::string_view text) { return read(text, times); }

std::optional<std::uint64_t> read_size_bytes(std::string_view text) {
  const auto bytes = read(text, sizes);
  return bytes ? std::optional(static_cast<std::uint64_t>(*bytes)) : std::nullopt;
}

}  // namespace millrace
