#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "up/layout.hpp"

#include <iosfwd>

namespace millrace {

/// Prepares the folder, starts brokers, platform, gateway and edge in order, supervises them until SIGINT or SIGTERM,
/// stops them in reverse order. Writes D/run/ready.json when all are ready, and D/run/processes.json with the process
/// ids at every start. `already_exists` when another `millrace up` runs on the same folder.
Result<void> run_up(Layout layout, bool headless, std::ostream& output, const Clock& clock);

}  // namespace millrace
