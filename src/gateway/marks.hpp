#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The newest source time of one metric that is safe in the spool.
struct Mark {
  std::uint64_t alias = 0;
  std::uint64_t time_ms = 0;
  bool operator==(const Mark&) const = default;
};

/// The marks of an asset in few bytes, for they are written with every commit: signals of one row share their time and
/// neighbouring aliases, so that most marks take two bytes. `marks` must be sorted by alias.
void encode_marks(std::string& out, std::span<const Mark> marks);
Result<std::vector<Mark>> decode_marks(std::string_view bytes);

}  // namespace millrace
