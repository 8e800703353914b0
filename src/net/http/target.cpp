#include "net/http/target.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cctype>

namespace millrace::http {
namespace {

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

tl::unexpected<Error> bad_target(std::string_view target, std::string_view why) {
  return fail(ErrorCode::invalid_argument, fmt::format("bad request target '{}': {}", target.substr(0, 200), why));
}

Result<void> parse_query(std::string_view text, Target& target) {
  while (!text.empty()) {
    auto pair = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    if (pair.empty()) continue;
    auto equals = pair.find('=');
    TRY_ASSIGN(auto name, percent_decode(pair.substr(0, equals), true));
    std::string value;
    if (equals != std::string_view::npos) {
      TRY_ASSIGN(value, percent_decode(pair.substr(equals + 1), true));
    }
    target.query[std::move(name)] = std::move(value);
  }
  return {};
}

bool has_dot_segment(std::string_view path) {
  for (std::size_t at = 0; at <= path.size();) {
    auto end = std::min(path.find('/', at), path.size());
    auto segment = path.substr(at, end - at);
    if (segment == "." || segment == "..") return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      int high = i + 2 < text.size() ? digit(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not percent-encoded", text.substr(0, 200)));
      }
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (unsigned char c : text) {
    bool unreserved = std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~';  // RFC 3986, 2.3
    out += unreserved && c < 0x80 ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return out;
}

Result<Target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') return bad_target(text, "it does not start with '/'");
  Target target;
  auto question = text.find('?');
  target.raw_path = text.substr(0, question);
  TRY_ASSIGN(target.path, percent_decode(target.raw_path));
  if (std::any_of(target.path.begin(), target.path.end(), is_control)) return bad_target(text, "control characters");
  if (has_dot_segment(target.path)) return bad_target(text, "'.' and '..' are not followed");
  if (question != std::string_view::npos) TRY(parse_query(text.substr(question + 1), target));
  return target;
}

Result<Origin> parse_origin(std::string_view url) {
  auto refuse = [&] {
    return fail(ErrorCode::invalid_argument, fmt::format("'{}' is not like https://host:port", url));
  };
  Origin origin;
  auto rest = url;
  if (rest.starts_with("https://")) {
    origin.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return refuse();
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  auto colon = rest.rfind(':');
  if (auto bracket = rest.rfind(']');
      bracket != std::string_view::npos && colon != std::string_view::npos && colon < bracket) {
    colon = std::string_view::npos;
  }
  origin.host = rest.substr(0, colon);
  origin.port = colon == std::string_view::npos ? (origin.tls ? "443" : "80") : std::string(rest.substr(colon + 1));
  if (origin.host.starts_with('[') && origin.host.ends_with(']'))
    origin.host = origin.host.substr(1, origin.host.size() - 2);
  bool number = !origin.port.empty() && origin.port.size() <= 5 &&
                std::all_of(origin.port.begin(), origin.port.end(), [](char c) { return c >= '0' && c <= '9'; });
  bool host = !origin.host.empty() && std::none_of(origin.host.begin(), origin.host.end(), [](char c) {
    return is_control(c) || c == '/' || c == ' ' || c == '?' || c == '#' || c == '@';
  });
  if (!number || !host) return refuse();
  return origin;
}

}  // namespace millrace::http
