#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A YAML document as this project needs it: with lines, without aliases. Internal to runtime.
struct ConfigNode {
  enum class Kind { null, scalar, list, mapping };
  Kind kind = Kind::null;
  int line = 0;      ///< from 1
  int key_line = 0;  ///< of the key, in a mapping
  std::string key;   ///< in a mapping
  std::string scalar;
  std::vector<ConfigNode> children;  ///< of a list or a mapping, in the file's order
};

/// `invalid_argument` names the line: syntax, aliases, keys given twice, keys that are not words, nesting too deep,
/// more than one document, more than 1 MiB.
Result<ConfigNode> parse_config_tree(std::string_view text, std::string_view name);

}  // namespace millrace
