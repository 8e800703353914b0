#pragma once

#include "cli/command.hpp"

namespace millrace {

/// `millrace up`: a whole site and platform on this machine, until Ctrl-C.
cli::Run up_command(CLI::App& options);

}  // namespace millrace
