#pragma once

#include <cstdint>
#include <filesystem>

namespace millrace::bench {

/// The sending half: a gateway's uplink with its spool, until SIGTERM. `folder` holds its certificate and takes its
/// spool. Returns the process's exit code.
int publish(std::uint16_t port, std::uint64_t messages, std::size_t points_per_message,
            const std::filesystem::path& folder);

}  // namespace millrace::bench
