#include "cli/context.hpp"

#include <unistd.h>
#include <cstdlib>
#include <iostream>

namespace millrace::cli {

Context standard_context(const Clock& clock) {
  const char* directory = std::getenv("MILLRACE_DIR");
  Context context{std::cout, std::cerr, clock, directory != nullptr ? directory : "millrace-data"};
  context.terminal = isatty(STDERR_FILENO) == 1;
  context.colour = isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return context;
}

}  // namespace millrace::cli
