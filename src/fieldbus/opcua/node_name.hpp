#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::opcua {

/// A node id as people write it down: "nsu=urn:millrace:plant;s=engine-061.T24" (OPC 10000-6, 5.1.12). The namespace is
/// a URI, never an index: indices change whenever the server restarts with its namespaces in another order.
struct NodeName {
  std::string namespace_uri;  ///< empty: the standard's own namespace
  std::string text;           ///< for `s=`
  std::uint32_t number = 0;   ///< for `i=`
  bool numeric = false;
  bool operator==(const NodeName&) const = default;
};

/// `invalid_argument` says what is wrong; `ns=3;...` is refused with the remedy.
Result<NodeName> parse_node_name(std::string_view text);
std::string to_string(const NodeName& name);

/// The index of a namespace in a server's NamespaceArray; `not_found` lists what the server has.
Result<std::uint16_t> find_namespace(const std::vector<std::string>& namespaces, std::string_view uri);

}  // namespace millrace::opcua
