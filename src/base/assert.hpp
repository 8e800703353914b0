#pragma once

namespace millrace {
[[noreturn]] void assertion_failed(const char* expression, const char* file, int line);
}

/// For programmer errors only; stays on in release. Bad input is an Error, never an assertion.
#define MILLRACE_ASSERT(expression) \
  ((expression) ? static_cast<void>(0) : ::millrace::assertion_failed(#expression, __FILE__, __LINE__))
