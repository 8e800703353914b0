#include "sparkplug/gap.hpp"

namespace millrace::sparkplug {

SpoolGap only_missing(const SpoolGap& gap, const BatchSet& held) {
  SpoolGap missing = gap;
  missing.batch_points.clear();
  missing.numbers.clear();
  missing.points = 0;
  std::size_t index = 0;
  for (const auto& range : gap.numbers) {
    for (auto number = range.first; number <= range.last; ++number, ++index) {
      if (held.contains(number)) continue;
      // A sender that does not count by batch counts the whole gap: too much is better than silence.
      missing.points = index < gap.batch_points.size() ? missing.points + gap.batch_points[index] : gap.points;
      if (!missing.numbers.empty() && missing.numbers.back().last + 1 == number) {
        missing.numbers.back().last = number;
      } else {
        missing.numbers.push_back({number, number});
      }
    }
  }
  if (!missing.numbers.empty()) {
    missing.first = missing.numbers.front().first;
    missing.last = missing.numbers.back().last;
  }
  if (gap.numbers.empty()) missing.points = gap.points;
  return missing;
}

}  // namespace millrace::sparkplug
