#include "signal/quality_counts.hpp"

#include <nlohmann/json.hpp>

namespace millrace {
namespace {

constexpr std::size_t day_length = std::string_view("2026-11-22").size();

Error no_counts(std::string_view why) {
  return {ErrorCode::corrupt, "counts of data quality cannot be read: " + std::string(why)};
}

}  // namespace

std::string quality_counts_json(std::span<const QualityCount> counts) {
  auto list = nlohmann::json::array();
  for (const auto& count : counts) {
    list.push_back({{"day", format_time(count.day_us).substr(0, day_length)},
                    {"signal", count.signal},
                    {"kind", to_string(count.check)},
                    {"n", count.n}});
  }
  return list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<std::vector<QualityCount>> parse_quality_counts(std::string_view text) {
  const auto list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) return fail(no_counts("no list"));
  std::vector<QualityCount> counts;
  for (const auto& entry : list) {
    const auto text_of = [&](const char* key) {
      const auto found = entry.is_object() ? entry.find(key) : entry.end();
      return found != entry.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    const auto n = entry.is_object() ? entry.find("n") : entry.end();
    const auto day = parse_time(text_of("day"));
    if (!day || text_of("signal").empty() || n == entry.end() || !n->is_number_unsigned()) {
      return fail(no_counts("an entry without day, signal or n"));
    }
    const auto check = find_quality_check(text_of("kind"));
    if (check) counts.push_back({day_of(*day), text_of("signal"), *check, n->get<std::uint64_t>()});
  }
  return counts;
}

}  // namespace millrace
