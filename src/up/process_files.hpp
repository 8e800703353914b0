#pragma once

#include "base/time.hpp"
#include "up/layout.hpp"
#include "up/process.hpp"

#include <string>
#include <vector>

namespace millrace {

/// Makes what is missing and leaves what is there: identities, secrets (0600). Configurations of brokers and processes
/// below D/run are written anew each time, so that changed options take effect.
Result<void> prepare(const Layout& layout, TimeUs now_us);

/// What runs, in the order of starting, each with the question that tells whether it is ready.
std::vector<ProcessSpec> process_specs(const Layout& layout);

/// The console's address with a one-time token.
std::string console_link(const Layout& layout);

}  // namespace millrace
