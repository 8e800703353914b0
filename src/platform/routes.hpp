#pragma once

#include "net/http/server.hpp"
#include "platform/services.hpp"

#include <cstddef>
#include <vector>

namespace millrace {

/// The largest body that any row takes; all but the import take 1 MiB.
inline constexpr std::size_t import_body_bytes = 64u << 20;

/// What the loopback server answers (docs/openapi.yaml, all tags but `device`), and the console's files.
std::vector<http::Route> console_routes(Services& services);
/// What the mTLS server answers to devices (tag `device`).
std::vector<http::Route> device_routes(Services& services);

}  // namespace millrace
