#pragma once

#include "base/error.hpp"
#include "base/time.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace millrace {

/// Something that fails and is tried again by itself.
struct OpenProblem {
  TimeUs since_us = 0;
  std::string why;            ///< the newest failure: what, where, remedy
  std::set<ErrorCode> kinds;  ///< of failures so far
};

/// What goes wrong now, by what was being done. Attempts go on, many a second; people are told once when it begins,
/// once when it is of another kind, and once when it is over. Loop thread only.
class ProblemBoard {
 public:
  /// Whether it is news. The kind decides: the words of one failure differ, as they name temporary files.
  bool fails(std::string_view what, const Error& why, TimeUs now_us);
  /// The problem that is over, if there was one.
  std::optional<OpenProblem> works(std::string_view what);
  [[nodiscard]] const std::map<std::string, OpenProblem, std::less<>>& open() const { return open_; }

 private:
  std::map<std::string, OpenProblem, std::less<>> open_;
};

}  // namespace millrace
