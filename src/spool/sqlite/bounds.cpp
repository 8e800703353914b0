#include "spool/sqlite/sqlite_spool.hpp"

#include <algorithm>

namespace millrace::sqlite {

namespace {
constexpr std::size_t gaps_kept = 1000;
}

Result<void> SqliteSpool::keep_bounds(State& state, std::uint64_t& next, TimeUs now_us) {
  if (!rotten_.empty()) {
    TRY(drop(state, {rotten_.begin(), rotten_.end()}, "corrupt", next, now_us));
  }
  // Numbers and times rise together: the scan ends at the first batch that is young enough.
  std::vector<std::uint64_t> aged;
  while (oldest_.step() && oldest_.integer(2) < now_us - options_.limit_age_us) {
    aged.push_back(static_cast<std::uint64_t>(oldest_.integer(0)));
  }
  if (!oldest_.reset()) return broken("reading");
  TRY(drop(state, aged, "age limit", next, now_us));
  if (state.bytes <= options_.limit_bytes || options_.on_full == SpoolFullPolicy::reject) return {};
  // A tenth at once, so that a long outage leaves few gap records.
  auto goal = options_.limit_bytes - options_.limit_bytes / 10;
  if (options_.on_full == SpoolFullPolicy::thin) {
    TRY_ASSIGN(auto every_second, oldest(state.bytes - goal, 2));
    TRY(drop(state, every_second, "thinned", next, now_us));
  }
  if (state.bytes <= options_.limit_bytes) return {};
  TRY_ASSIGN(auto numbers, oldest(state.bytes - goal, 1));
  return drop(state, numbers, "size limit", next, now_us);
}

Result<std::vector<std::uint64_t>> SqliteSpool::oldest(std::uint64_t bytes_to_free, int stride) const {
  std::vector<std::uint64_t> numbers;
  std::uint64_t freed = 0;
  for (int index = 0; freed < bytes_to_free && oldest_.step(); ++index) {
    if (index % stride != 0) continue;
    numbers.push_back(static_cast<std::uint64_t>(oldest_.integer(0)));
    freed += static_cast<std::uint64_t>(oldest_.integer(1));
  }
  if (!oldest_.reset()) return broken("reading");
  return numbers;
}

Result<void> SqliteSpool::drop(State& state, const std::vector<std::uint64_t>& numbers, const char* reason,
                               std::uint64_t& next, TimeUs now_us) {
  if (numbers.empty()) return {};
  SpoolGap gap{.number = next,
               .first = numbers.front(),
               .last = numbers.back(),
               .from_us = INT64_MAX,
               .to_us = 0,
               .reason = reason};
  std::uint64_t dropped = 0;
  for (auto number : numbers) {
    auto key = static_cast<std::int64_t>(number);
    size_of_.bind(1, key).bind(2, key);
    if (size_of_.step() && size_of_.integer(1) != 0) {
      ++dropped;
      if (!gap.numbers.empty() && gap.numbers.back().last + 1 == number) {
        gap.numbers.back().last = number;
      } else {
        gap.numbers.push_back({number, number});
      }
      state.bytes -= static_cast<std::uint64_t>(size_of_.integer(0));
      state.batches -= 1;
      gap.batch_points.push_back(static_cast<std::uint64_t>(size_of_.integer(2)));
      gap.points += gap.batch_points.back();
      gap.from_us = std::min(gap.from_us, size_of_.integer(3));
      gap.to_us = std::max(gap.to_us, size_of_.integer(4));
    }
    if (!size_of_.reset() || !erase_.bind(1, key).bind(2, key).run()) return broken("writing");
  }
  if (dropped == 0) return {};
  ++next;
  Row row{.number = gap.number, .created_us = now_us, .payload = gap_json(gap)};
  TRY(insert(state, row));
  if (!gap_.bind(1, static_cast<std::int64_t>(gap.number)).bind_text(2, row.payload).run()) return broken("writing");
  state.gaps.push_back(std::move(gap));
  if (state.gaps.size() > gaps_kept) state.gaps.erase(state.gaps.begin());
  return {};
}

}  // namespace millrace::sqlite
