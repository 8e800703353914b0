#include "sparkplug/state.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace millrace::sparkplug {

std::string format_state(const HostState& state) {
  return fmt::format(R"({{"online":{},"timestamp":{}}})", state.online, state.time_ms);
}

Result<HostState> parse_state(std::string_view json) {
  auto document = nlohmann::json::parse(json, nullptr, false);
  if (!document.is_object() || !document.contains("online") || !document["online"].is_boolean() ||
      !document.contains("timestamp") || !document["timestamp"].is_number()) {
    return fail(ErrorCode::corrupt, fmt::format("not a Sparkplug STATE message: '{}'", json.substr(0, 100)));
  }
  return HostState{document["online"].get<bool>(), document["timestamp"].get<std::uint64_t>()};
}

}  // namespace millrace::sparkplug
