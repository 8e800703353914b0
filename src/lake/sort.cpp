#include "lake/sort.hpp"

#include <algorithm>
#include <numeric>

namespace millrace {
namespace {

bool is_ordered(const SampleBatch& batch) {
  for (std::size_t i = 1; i < batch.size(); ++i) {
    if (batch.signal_id[i] < batch.signal_id[i - 1] ||
        (batch.signal_id[i] == batch.signal_id[i - 1] && batch.source_time_us[i] < batch.source_time_us[i - 1])) {
      return false;
    }
  }
  return true;
}

/// Counting sort (Knuth, TAOCP 3, 5.2 D). The ids must span at most `width` values from `lowest`.
void order_by_signal(const SampleBatch& batch, std::int32_t lowest, std::size_t width,
                     std::vector<std::uint32_t>& order) {
  std::vector<std::uint32_t> next(width + 1, 0);
  for (const std::int32_t id : batch.signal_id) ++next[static_cast<std::size_t>(id - lowest) + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (std::uint32_t row = 0; row < batch.size(); ++row) {
    order[next[static_cast<std::size_t>(batch.signal_id[row] - lowest)]++] = row;
  }
}

void order_times_within_signals(const SampleBatch& batch, std::vector<std::uint32_t>& order) {
  const auto earlier = [&](std::uint32_t a, std::uint32_t b) {
    return batch.source_time_us[a] < batch.source_time_us[b];
  };
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    bool ascending = true;
    while (end < order.size() && batch.signal_id[order[end]] == batch.signal_id[order[first]]) {
      ascending = ascending && !earlier(order[end], order[end - 1]);
      ++end;
    }
    if (!ascending) {
      std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(first),
                       order.begin() + static_cast<std::ptrdiff_t>(end), earlier);
    }
    first = end;
  }
}

}  // namespace

std::vector<std::uint32_t> order_by_signal_and_time(const SampleBatch& batch) {
  if (is_ordered(batch)) return {};
  std::vector<std::uint32_t> order(batch.size());
  const auto [lowest, highest] = std::minmax_element(batch.signal_id.begin(), batch.signal_id.end());
  const auto width = static_cast<std::size_t>(static_cast<std::int64_t>(*highest) - *lowest) + 1;
  if (width <= 4 * batch.size() + 65'536) {
    order_by_signal(batch, *lowest, width, order);
  } else {
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return batch.signal_id[a] < batch.signal_id[b]; });
  }
  order_times_within_signals(batch, order);
  return order;
}

}  // namespace millrace
