#include "ingest/marks.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace millrace {

std::string marks_to_json(const IngestMarks& marks) {
  nlohmann::json json = nlohmann::json::object();
  for (const auto& [node, mark] : marks) json[node] = {{"epoch", mark.epoch}, {"ranges", mark.held.to_text()}};
  return json.dump();
}

Result<IngestMarks> parse_marks(std::string_view text) {
  IngestMarks marks;
  if (text.empty()) return marks;
  const auto wrong = [&](std::string_view why) {
    return fail(ErrorCode::corrupt,
                fmt::format("the lake's ingest marks cannot be read ({}): {}", why, text.substr(0, 200)));
  };
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return wrong("not an object");
  for (const auto& [node, mark] : json.items()) {
    if (!mark.is_object() || !mark.value("epoch", nlohmann::json()).is_string() ||
        !mark.value("ranges", nlohmann::json()).is_string()) {
      return wrong(node + " has no epoch and ranges");
    }
    NodeMarks parsed{mark["epoch"].get<std::string>(), {}};
    if (const auto ranges = mark["ranges"].get<std::string>(); !ranges.empty()) {
      TRY_ASSIGN(parsed.held, sparkplug::BatchSet::parse(ranges));
    }
    marks.emplace(node, std::move(parsed));
  }
  return marks;
}

}  // namespace millrace
