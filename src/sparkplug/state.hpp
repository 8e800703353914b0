#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace millrace::sparkplug {

/// What a host says about itself: retained JSON on spBv1.0/STATE/{host} (Sparkplug B 3.0, 6.4.27).
struct HostState {
  bool online = false;
  std::uint64_t time_ms = 0;
};

std::string format_state(const HostState& state);
/// `corrupt` when it is no such JSON object.
Result<HostState> parse_state(std::string_view json);

}  // namespace millrace::sparkplug
