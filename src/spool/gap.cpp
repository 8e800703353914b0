#include "spool/spool.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace millrace {

namespace {
/// More than a spool ever drops at once: whoever names more means harm (the receiver walks over them).
constexpr std::uint64_t batches_limit = 10'000'000;
}  // namespace

std::string gap_json(const SpoolGap& gap) {
  auto numbers = nlohmann::json::array();
  for (const auto& range : gap.numbers) numbers.push_back({range.first, range.last});
  return nlohmann::json{{"number", gap.number},
                        {"first", gap.first},
                        {"last", gap.last},
                        {"points", gap.points},
                        {"from_us", gap.from_us},
                        {"to_us", gap.to_us},
                        {"reason", gap.reason},
                        {"numbers", std::move(numbers)},
                        {"batch_points", gap.batch_points}}
      .dump();
}

Result<SpoolGap> parse_gap(std::string_view text) {
  auto json = nlohmann::json::parse(text, nullptr, false);
  auto wrong = [&] { return fail(ErrorCode::corrupt, fmt::format("not a gap record: '{}'", text.substr(0, 200))); };
  if (!json.is_object()) return wrong();
  for (const auto* key : {"number", "first", "last", "points", "from_us", "to_us"}) {
    if (!json.contains(key) || !json[key].is_number_integer()) return wrong();
  }
  if (!json.contains("reason") || !json["reason"].is_string()) return wrong();
  std::vector<BatchRange> numbers;
  std::uint64_t batches = 0;
  if (json.contains("numbers")) {
    for (const auto& range : json["numbers"]) {
      if (!range.is_array() || range.size() != 2 || !range[0].is_number_unsigned() || !range[1].is_number_unsigned())
        return wrong();
      numbers.push_back({range[0].get<std::uint64_t>(), range[1].get<std::uint64_t>()});
      if (numbers.back().first > numbers.back().last) return wrong();
      auto more = numbers.back().last - numbers.back().first;
      if (more >= batches_limit - batches) return wrong();
      batches += more + 1;
    }
  }
  std::vector<std::uint64_t> batch_points;
  if (json.contains("batch_points")) {
    for (const auto& points : json["batch_points"]) {
      if (!points.is_number_unsigned()) return wrong();
      batch_points.push_back(points.get<std::uint64_t>());
    }
  }
  return SpoolGap{.number = json["number"].get<std::uint64_t>(),
                  .first = json["first"].get<std::uint64_t>(),
                  .last = json["last"].get<std::uint64_t>(),
                  .points = json["points"].get<std::uint64_t>(),
                  .from_us = json["from_us"].get<TimeUs>(),
                  .to_us = json["to_us"].get<TimeUs>(),
                  .reason = json["reason"].get<std::string>(),
                  .numbers = std::move(numbers),
                  .batch_points = std::move(batch_points)};
}

}  // namespace millrace
