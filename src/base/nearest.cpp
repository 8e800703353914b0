#include "base/nearest.hpp"

#include <algorithm>
#include <cctype>
#include <vector>

namespace millrace {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

std::size_t replace_cost(char a, char b) {
  if (a == b) return 0;
  return lower(a) == lower(b) ? 1 : 2;
}

}  // namespace

std::size_t edit_distance_halves(std::string_view a, std::string_view b) {
  constexpr std::size_t longest = 64;  // names, not texts: bounded work on any input
  a = a.substr(0, longest);
  b = b.substr(0, longest);
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = 2 * j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = 2 * i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 2, row[j - 1] + 2, above[j - 1] + replace_cost(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 2);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

void Nearest::offer(std::string_view word) {
  const std::size_t distance = edit_distance_halves(written_, word);
  if (distance < distance_) {
    distance_ = distance;
    best_ = word;
  }
}

std::string Nearest::hint() const {
  // Half of the letters may be wrong; of a word of one or two, a capital only.
  const std::size_t tolerable = written_.size() < 3 ? 1 : written_.size();
  if (best_.empty() || distance_ > tolerable) return {};
  return "; did you mean \"" + best_ + "\"?";
}

}  // namespace millrace
