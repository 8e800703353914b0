#pragma once

#include "base/result.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace millrace::http {

/// A request target in origin form (RFC 9112, 3.2.1), taken apart.
struct Target {
  std::string_view raw_path;                              ///< still encoded; a view into what was parsed
  std::string path;                                       ///< decoded
  std::map<std::string, std::string, std::less<>> query;  ///< decoded; the last of equal names counts
};

/// `invalid_argument` for what is no path, for broken percent-encoding, control characters and "." or ".." segments
/// (a file handler must never see them).
Result<Target> parse_target(std::string_view target);

/// RFC 3986, 2.1. With `plus_is_space` as in form data.
Result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);

/// Everything but unreserved characters is encoded, so the result may stand in a segment or a query value.
std::string percent_encode(std::string_view text);

/// "https://host:8443" taken apart; the port defaults to the scheme's. A path after it is refused.
struct Origin {
  bool tls = false;
  std::string host;  ///< without the brackets of an IPv6 address
  std::string port;
};
Result<Origin> parse_origin(std::string_view url);

}  // namespace millrace::http
