#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The newest source time of one metric that is safe in the spool.
struct Mark {
  std::uint64_t alias = 0;
  TimeUs time_us = 0;
  bool operator==(const Mark&) const = default;
};

/// The marks of an asset in few bytes, for they are written with every commit: signals of one row share their time and
/// neighbouring aliases, so that most marks take two bytes. `marks` must be sorted by alias, their times positive.
void encode_marks(std::string& out, std::span<const Mark> marks);
/// Also reads the marks of older spools, in milliseconds: such a mark stands for all of its millisecond, for which of
/// the readings in there it meant is not told, and none may go on twice.
Result<std::vector<Mark>> decode_marks(std::string_view bytes);

}  // namespace millrace
