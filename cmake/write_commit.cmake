# Writes OUTPUT, the C++ source that says which commit the sources in SOURCE are; untouched when it says so already.
#   cmake -DSOURCE=<root> -DOUTPUT=<file.cpp> -P write_commit.cmake
# Run at every build: a model's lineage names this commit, and configuring happens long before building. A repository around
# SOURCE that is not its own (an unpacked tarball inside another one) does not count.
get_filename_component(above ${SOURCE} DIRECTORY)
set(ENV{GIT_CEILING_DIRECTORIES} ${above})
execute_process(COMMAND git --no-optional-locks -C ${SOURCE} describe --always --dirty --abbrev=40 --exclude=*
  OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed)
  set(commit "unknown")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "platform/build_info.hpp"

namespace millrace {
std::string_view build_commit() { return "@commit@"; }
}  // namespace millrace
]])
