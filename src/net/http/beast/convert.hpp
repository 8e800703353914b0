#pragma once

#include "base/result.hpp"
#include "net/http/message.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace millrace::http {

using BeastRequest = boost::beast::http::request<boost::beast::http::string_body>;
using BeastResponse = boost::beast::http::response<boost::beast::http::string_body>;

inline constexpr std::uint32_t kHeaderLimitBytes = 16 * 1024;

/// Everything of a request but the route's parameters; takes the body out of it. `invalid_argument` for a bad target.
/// `raw_path` is set to the encoded path, for the route table.
Result<Request> to_request(BeastRequest& from, std::string& raw_path);

/// Headers with line breaks inside are a bug of a handler that would let a caller write headers of its own: 500.
BeastResponse to_beast(Response from, unsigned version, bool keep_alive, bool head_only);

Response from_beast(BeastResponse& from);

/// A whole request from a buffer, exactly as a connection parses it. For tests of the parser and fuzzing.
Result<Request> parse_request(std::string_view bytes, std::string& raw_path, std::size_t body_limit_bytes);

/// True when the text may stand in a header or in a request line.
bool is_header_text(std::string_view text);

}  // namespace millrace::http
