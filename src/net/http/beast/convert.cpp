#include "net/http/beast/convert.hpp"

#include "net/http/target.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <cctype>

namespace millrace::http {

namespace beast = boost::beast;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

/// Repeated fields are one list (RFC 9110, 5.2); cookies are joined their own way (RFC 6265, 5.4).
template <typename Fields>
Headers to_headers(const Fields& fields) {
  Headers headers;
  for (const auto& field : fields) {
    auto [entry, fresh] = headers.try_emplace(lower(view(field.name_string())), view(field.value()));
    if (!fresh) entry->second.append(entry->first == "cookie" ? "; " : ", ").append(view(field.value()));
  }
  return headers;
}

}  // namespace

bool is_header_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

Result<Request> to_request(BeastRequest& from, std::string& raw_path) {
  TRY_ASSIGN(auto target, parse_target(view(from.target())));
  raw_path = target.raw_path;
  Request request;
  request.method = view(from.method_string());
  request.path = std::move(target.path);
  request.query = std::move(target.query);
  request.headers = to_headers(from.base());
  request.body = std::move(from.body());
  return request;
}

BeastResponse to_beast(Response from, unsigned version, bool keep_alive, bool head_only) {
  bool clean = is_header_text(from.content_type) && from.status >= 200 && from.status <= 999;
  for (const auto& [name, value] : from.headers) clean = clean && is_header_text(name) && is_header_text(value);
  if (!clean) from = problem({ErrorCode::internal, "the answer has a header that cannot be sent"});
  BeastResponse to;
  to.version(version);
  to.result(static_cast<unsigned>(from.status));
  for (const auto& [name, value] : from.headers) to.set(name, value);
  bool bodyless = from.status == 204 || from.status == 304;  // RFC 9110, 6.4.1
  if (!bodyless) {
    if (!from.content_type.empty()) to.set(beast::http::field::content_type, from.content_type);
    to.content_length(from.body.size());
    if (!head_only) to.body() = std::move(from.body);
  }
  to.keep_alive(keep_alive);
  return to;
}

Response from_beast(BeastResponse& from) {
  Response to{.status = static_cast<int>(from.result_int()),
              .body = std::move(from.body()),
              .content_type = {},
              .headers = to_headers(from.base())};
  if (auto type = to.headers.find("content-type"); type != to.headers.end()) to.content_type = type->second;
  return to;
}

Result<Request> parse_request(std::string_view bytes, std::string& raw_path, std::size_t body_limit_bytes) {
  beast::http::request_parser<beast::http::string_body> parser;
  parser.header_limit(kHeaderLimitBytes);
  parser.body_limit(body_limit_bytes);
  parser.eager(true);
  beast::error_code error;
  while (!bytes.empty() && !parser.is_done()) {
    auto used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error && error != beast::http::error::need_more) return fail(ErrorCode::invalid_argument, error.message());
    if (used == 0) break;
    bytes.remove_prefix(used);
  }
  if (!parser.is_done()) return fail(ErrorCode::invalid_argument, "the request is not whole");
  auto message = parser.release();
  return to_request(message, raw_path);
}

}  // namespace millrace::http
