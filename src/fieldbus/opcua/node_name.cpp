#include "fieldbus/opcua/node_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <charconv>

namespace millrace::opcua {
namespace {

/// "%3B" and "%25" stand for ';' and '%' inside a namespace URI (OPC 10000-6, 5.1.12).
std::string unescape(std::string_view uri) {
  std::string plain;
  for (std::size_t at = 0; at < uri.size(); ++at) {
    if (uri.substr(at, 3) == "%3B" || uri.substr(at, 3) == "%3b") {
      plain += ';';
      at += 2;
    } else if (uri.substr(at, 3) == "%25") {
      plain += '%';
      at += 2;
    } else {
      plain += uri[at];
    }
  }
  return plain;
}

std::string escape(std::string_view uri) {
  std::string escaped;
  for (const char c : uri) {
    if (c == ';')
      escaped += "%3B";
    else if (c == '%')
      escaped += "%25";
    else
      escaped += c;
  }
  return escaped;
}

}  // namespace

Result<NodeName> parse_node_name(std::string_view text) {
  const auto wrong = [&](std::string_view what) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("node id \"{}\": {}; write it as \"nsu=URI;s=NAME\" or \"nsu=URI;i=NUMBER\"", text, what));
  };
  NodeName name;
  std::string_view rest = text;
  if (rest.starts_with("ns="))
    return wrong("a namespace index changes when the server restarts, so it is not accepted");
  if (rest.starts_with("nsu=")) {
    const std::size_t end = rest.find(';');
    if (end == std::string_view::npos) return wrong("the identifier after the namespace is missing");
    name.namespace_uri = unescape(rest.substr(4, end - 4));
    if (name.namespace_uri.empty()) return wrong("the namespace URI is empty");
    rest.remove_prefix(end + 1);
  }
  if (rest.starts_with("s=")) {
    name.text = rest.substr(2);
    if (name.text.empty()) return wrong("the name after \"s=\" is empty");
    return name;
  }
  if (rest.starts_with("i=")) {
    name.numeric = true;
    rest.remove_prefix(2);
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), name.number);
    if (error != std::errc{} || end != rest.data() + rest.size()) return wrong("\"i=\" takes a number below 2^32");
    return name;
  }
  return wrong("it has neither \"s=\" nor \"i=\"");
}

std::string to_string(const NodeName& name) {
  const std::string prefix = name.namespace_uri.empty() ? "" : fmt::format("nsu={};", escape(name.namespace_uri));
  return name.numeric ? fmt::format("{}i={}", prefix, name.number) : fmt::format("{}s={}", prefix, name.text);
}

Result<std::uint16_t> find_namespace(const std::vector<std::string>& namespaces, std::string_view uri) {
  if (uri.empty()) return std::uint16_t{0};
  const auto found = std::ranges::find(namespaces, uri);
  if (found == namespaces.end()) {
    return fail(ErrorCode::not_found,
                fmt::format("the server has no namespace \"{}\", only: {}", uri, fmt::join(namespaces, ", ")));
  }
  return static_cast<std::uint16_t>(found - namespaces.begin());
}

}  // namespace millrace::opcua
