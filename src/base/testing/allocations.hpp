#pragma once

#include <cstddef>

namespace millrace::testing {

/// How often `operator new` was called in this process. Linking millrace_base_testing and calling this replaces the
/// global operators; under a sanitizer it is always 0.
std::size_t allocations();

}  // namespace millrace::testing
