#pragma once

#include "base/time.hpp"

namespace millrace::sparkplug {

/// Sparkplug's times are milliseconds since 1970 (payload 6.4.4); what is finer stays behind.
constexpr std::uint64_t to_ms(TimeUs time_us) { return static_cast<std::uint64_t>(time_us / 1000); }

}  // namespace millrace::sparkplug
