#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace millrace {

/// "Did you mean": keeps the offered word with the smallest edit distance to what was written.
class Nearest {
 public:
  explicit Nearest(std::string_view written) : written_(written) {}
  void offer(std::string_view word);
  /// "; did you mean \"degF\"?", or nothing when no word is near enough to help.
  [[nodiscard]] std::string hint() const;

 private:
  std::string written_;
  std::string best_;
  std::size_t distance_ = static_cast<std::size_t>(-1);
};

/// Edits (insert, delete, replace, swap of neighbours) between two words, case counting half: optimal string alignment.
/// Returned in halves, so that "degc" is nearer to "degC" than to "deg".
std::size_t edit_distance_halves(std::string_view a, std::string_view b);

}  // namespace millrace
