#pragma once

#include "base/error.hpp"

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace millrace {

/// A value or an Error. Dropping one is a compiler error ([[nodiscard]] with -Werror).
template <typename T>
struct [[nodiscard]] Result : tl::expected<T, Error> {
  using tl::expected<T, Error>::expected;
};

/// `return fail(ErrorCode::not_found, "no model 7");`
inline tl::unexpected<Error> fail(ErrorCode code, std::string message) {
  return tl::make_unexpected(Error{code, std::move(message)});
}
inline tl::unexpected<Error> fail(Error error) { return tl::make_unexpected(std::move(error)); }

}  // namespace millrace

#define MILLRACE_CONCAT_(a, b) a##b
#define MILLRACE_CONCAT(a, b) MILLRACE_CONCAT_(a, b)

/// `TRY(call());` returns the error to the caller of this function, or goes on.
#define TRY(expression)                                       \
  do {                                                        \
    if (auto try_result = (expression); !try_result) {        \
      return ::millrace::fail(std::move(try_result).error()); \
    }                                                         \
  } while (false)

/// `TRY_ASSIGN(auto model, load(path));` declares or assigns the value, or returns the error.
#define TRY_ASSIGN(declaration, expression) \
  TRY_ASSIGN_IMPL(MILLRACE_CONCAT(try_value_, __LINE__), declaration, expression)
#define TRY_ASSIGN_IMPL(result, declaration, expression)           \
  auto result = (expression);                                      \
  if (!result) return ::millrace::fail(std::move(result).error()); \
  declaration = std::move(*result)
