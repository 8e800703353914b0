#include "usecase/statistics.hpp"

#include "base/nearest.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<std::pair<std::string_view, Statistic>, 8> plain{{{"last", Statistic::last},
                                                                       {"mean", Statistic::mean},
                                                                       {"std", Statistic::std},
                                                                       {"slope", Statistic::slope},
                                                                       {"trend_end", Statistic::trend_end},
                                                                       {"min", Statistic::min},
                                                                       {"max", Statistic::max},
                                                                       {"range", Statistic::range}}};
constexpr std::array<std::pair<std::string_view, Statistic>, 3> counted{
    {{"mean_", Statistic::mean_recent}, {"std_", Statistic::std_recent}, {"delta_first_", Statistic::delta_first}}};

}  // namespace

Result<StatisticSpec> parse_statistic(std::string_view name, std::uint32_t baseline_rows) {
  for (const auto& [word, kind] : plain) {
    if (word == name) return StatisticSpec{kind, 0};
  }
  if (name == "delta_first") return StatisticSpec{Statistic::delta_first, baseline_rows};
  for (const auto& [prefix, kind] : counted) {
    if (!name.starts_with(prefix)) continue;
    const std::string_view digits = name.substr(prefix.size());
    std::uint32_t rows = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rows);
    if (error == std::errc{} && end == digits.data() + digits.size() && rows >= 1 && rows <= 10'000) {
      return StatisticSpec{kind, rows};
    }
  }
  Nearest nearest(name);
  for (const auto& entry : plain) nearest.offer(entry.first);
  nearest.offer("mean_5");
  nearest.offer("delta_first_10");
  return fail(ErrorCode::invalid_argument,
              fmt::format("\"{}\" is no statistic{} (last, mean, std, slope, trend_end, min, max, range, and with a "
                          "number of rows mean_5, std_5, delta_first_10)",
                          name, nearest.hint()));
}

std::string to_string(const StatisticSpec& spec) {
  for (const auto& [word, kind] : plain) {
    if (kind == spec.kind) return std::string(word);
  }
  for (const auto& [prefix, kind] : counted) {
    if (kind == spec.kind) return fmt::format("{}{}", prefix, spec.rows);
  }
  return {};
}

}  // namespace millrace
