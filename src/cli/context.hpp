#pragma once

#include "base/time.hpp"

#include <filesystem>
#include <iosfwd>

namespace millrace::cli {

/// What every command shares: where it prints, where the platform's folder is, what kind of terminal it talks to.
struct Context {
  std::ostream& output;
  std::ostream& errors;
  const Clock& clock;
  std::filesystem::path directory;  ///< of `millrace up --dir`: secrets/api-token and run/platform.json lie there
  bool json = false;                ///< print data as JSON
  bool terminal = false;            ///< `errors` is a terminal: progress bars make sense
  bool colour = false;              ///< `output` is a terminal that shows colours
};

/// Standard streams, $MILLRACE_DIR or ./millrace-data, colours off under $NO_COLOR (no-color.org) or without a
/// terminal.
Context standard_context(const Clock& clock);

}  // namespace millrace::cli
