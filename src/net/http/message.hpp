#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace millrace::http {

using Headers = std::map<std::string, std::string, std::less<>>;  ///< names in lower case

struct Request {
  std::string method;  ///< GET, POST, …
  std::string path;    ///< decoded, without query
  std::map<std::string, std::string, std::less<>> query;
  std::map<std::string, std::string, std::less<>> parameters;  ///< from the route: {name}
  Headers headers;
  std::string body;
  std::optional<std::string> peer_name;  ///< common name of the verified client certificate (mTLS only)
};

struct Response {
  int status = 200;
  std::string body;
  std::string content_type = "application/json";
  Headers headers;
};

/// Maps an Error to its status and a problem document (RFC 9457): the one table of that kind.
Response problem(const Error& error);

}  // namespace millrace::http
