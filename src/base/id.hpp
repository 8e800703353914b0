#pragma once

#include <cstdint>
#include <string>

#include "base/time.hpp"

namespace millrace {

/// A random identifier of 128 bits from the operating system, as 32 hexadecimal digits.
std::string random_id();

/// A UUIDv7 (RFC 9562, 5.7): sorts by time, unique without coordination.
std::string time_ordered_id(TimeUs now_us);

/// URL-safe random secret with at least `bytes` bytes of entropy, for one-time links and passwords.
std::string random_secret(std::size_t bytes = 32);

}  // namespace millrace
