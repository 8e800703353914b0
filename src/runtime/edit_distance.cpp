#include "runtime/edit_distance.hpp"

#include <algorithm>
#include <cstddef>

namespace millrace {

std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::vector<std::size_t>> cost(from.size() + 1, std::vector<std::size_t>(to.size() + 1));
  for (std::size_t i = 0; i <= from.size(); ++i) {
    for (std::size_t j = 0; j <= to.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      std::size_t change = from[i - 1] == to[j - 1] ? 0 : 1;
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1]) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[from.size()][to.size()];
}

std::string nearest_word(std::string_view written, const std::vector<std::string>& words) {
  constexpr std::size_t kLongestWord = 64;  // longer ones are no typing mistakes, and the cost is quadratic
  std::string nearest;
  std::size_t least = 0;
  if (written.size() < 2 || written.size() > kLongestWord) return nearest;
  for (const auto& word : words) {
    if (word.size() > kLongestWord) continue;
    auto distance = edit_distance(written, word);
    if (distance * 3 <= std::max<std::size_t>(word.size(), 3) && (nearest.empty() || distance < least)) {
      nearest = word;
      least = distance;
    }
  }
  return nearest;
}

}  // namespace millrace
