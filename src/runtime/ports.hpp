#pragma once

#include "base/result.hpp"

#include <cstdint>

namespace millrace {

/// A TCP port of the loopback address that nobody uses now; another process may take it before its user does.
Result<std::uint16_t> free_port();

/// Somebody listens on the loopback address there.
bool port_accepts(std::uint16_t port);

}  // namespace millrace
