// Requests from anybody who can reach the port: target, query, percent-encoding, routes, and whole requests through the
// parser that the connections use.
#include "net/http/beast/convert.hpp"
#include "net/http/route_table.hpp"
#include "net/http/target.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace http = millrace::http;

namespace {

const http::RouteTable& routes() {
  static const http::RouteTable table([] {
    std::vector<http::Route> rows;
    for (const char* pattern :
         {"/{rest*}", "/api/v1/assets", "/api/v1/assets/{asset}/signals", "/api/v1/models/{use_case}/{version}",
          "/api/v1/models/train", "/api/v1/artifacts/{sha256}"}) {
      rows.push_back({.method = "GET", .pattern = pattern, .handle = [](const http::Request&, const http::Reply&) {}});
    }
    return rows;
  }());
  return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (auto target = http::parse_target(bytes)) {
    if (target->path.find('\0') != std::string::npos) std::abort();
    if (target->path == "/.." || target->path.find("/../") != std::string::npos) std::abort();  // never reaches a file
    auto match = routes().find("GET", target->raw_path);
    if (match.route == nullptr && match.allow.empty() && target->raw_path.find('%') == std::string_view::npos)
      std::abort();
  }
  if (auto decoded = http::percent_decode(bytes)) {
    if (http::percent_decode(http::percent_encode(*decoded)) != *decoded) std::abort();
  }
  if (auto origin = http::parse_origin(bytes); origin && (origin->host.empty() || origin->port.empty())) std::abort();
  std::string raw_path;
  if (auto request = http::parse_request(bytes, raw_path, 1u << 16)) {
    if (request->body.size() > (1u << 16) || raw_path.empty()) std::abort();
    http::to_beast({.body = request->body, .headers = request->headers}, 11, true, false);
  }
  return 0;
}
