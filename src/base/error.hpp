#pragma once

#include <string>
#include <string_view>

namespace millrace {

/// What kind of thing went wrong. Closed on purpose: one table maps each to an HTTP status and an exit code.
enum class ErrorCode {
  invalid_argument,     ///< the caller's input is wrong; the message says where and how to mend it
  not_found,            ///< the thing named does not exist
  already_exists,       ///< the thing named exists and must not
  permission_denied,    ///< who asks may not
  unauthenticated,      ///< who asks is not known
  failed_precondition,  ///< right request, wrong moment (gate failed, not connected)
  unavailable,          ///< a peer is away; trying again later may work
  timed_out,            ///< no answer in time
  exhausted,            ///< a bound was reached: disk, queue, memory
  corrupt,              ///< stored or received bytes are not what they must be
  internal,             ///< a bug here or in a library
};

std::string_view to_string(ErrorCode code);

/// An error is a value: a code for programs and a sentence for people.
struct Error {
  ErrorCode code = ErrorCode::internal;
  std::string message;

  /// The same error, with what was being done put in front: "loading model 7: file not found".
  [[nodiscard]] Error with_context(std::string_view doing) const;
};

}  // namespace millrace
