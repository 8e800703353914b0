#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// One difference between two versions of a use case file. Lists with names are matched by name, so that moving a
/// signal is no change: "signals[T24].range".
struct UseCaseChange {
  std::string path;
  std::string before;  ///< compact JSON; empty: added
  std::string after;   ///< compact JSON; empty: removed
  bool operator==(const UseCaseChange&) const = default;
};

/// What applying `after` over `before` changes; `before` empty: everything is new. Both must be YAML.
Result<std::vector<UseCaseChange>> diff_use_cases(std::string_view before_yaml, std::string_view after_yaml);

/// SHA-256 of the file's meaning: comments, key order, quoting and layout do not change it.
Result<std::string> use_case_hash(std::string_view yaml);

}  // namespace millrace
