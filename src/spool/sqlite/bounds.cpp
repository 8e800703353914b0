#include "spool/sqlite/sqlite_spool.hpp"

#include <algorithm>

namespace millrace::sqlite {

namespace {

// A record that grows stays a small message; and a receiver walks over the batches that it names.
constexpr std::size_t ranges_together = 10'000;
constexpr std::uint64_t batches_together = 100'000;

void extend(std::vector<BatchRange>& ranges, BatchRange next) {
  if (!ranges.empty() && ranges.back().last + 1 == next.first) {
    ranges.back().last = next.last;
  } else {
    ranges.push_back(next);
  }
}

std::vector<BatchRange> joined(std::vector<BatchRange> ranges, const std::vector<BatchRange>& others,
                               std::uint64_t number) {
  ranges.insert(ranges.end(), others.begin(), others.end());
  ranges.push_back({number, number});
  std::ranges::sort(ranges, {}, &BatchRange::first);
  std::vector<BatchRange> out;
  for (const auto& range : ranges) extend(out, range);
  return out;
}

std::uint64_t count(const std::vector<BatchRange>& ranges) {
  std::uint64_t batches = 0;
  for (const auto& range : ranges) batches += range.last - range.first + 1;
  return batches;
}

}  // namespace

Result<void> SqliteSpool::keep_bounds(State& state, std::uint64_t& next, TimeUs now_us) {
  if (!rotten_.empty()) {
    const std::vector<std::uint64_t> numbers(rotten_.begin(), rotten_.end());
    TRY(drop(state, numbers, "corrupt", next, now_us));
  }
  TRY_ASSIGN(const auto aged, too_old(now_us));
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

/// Nothing until the oldest is over the limit by a tenth: a long outage takes few steps. Numbers and times rise
/// together: the scan ends at the first batch that is young enough.
Result<std::vector<std::uint64_t>> SqliteSpool::too_old(TimeUs now_us) const {
  std::vector<std::uint64_t> numbers;
  auto before_us = now_us - options_.limit_age_us - options_.limit_age_us / 10;
  while (oldest_.step() && oldest_.integer(2) < before_us) {
    numbers.push_back(static_cast<std::uint64_t>(oldest_.integer(0)));
    before_us = now_us - options_.limit_age_us;
  }
  if (!oldest_.reset()) return broken("reading");
  return numbers;
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

/// Batches that the receiver may hold are written down one by one; the others together, in a record that grows.
Result<void> SqliteSpool::drop(State& state, std::span<const std::uint64_t> numbers, const char* reason,
                               std::uint64_t& next, TimeUs now_us) {
  const auto sent = offline_ ? sent_ : UINT64_MAX;
  const auto maybe_held = static_cast<std::size_t>(std::ranges::upper_bound(numbers, sent) - numbers.begin());
  SpoolGap counted{.reason = reason}, together{.reason = reason};
  TRY(take_out(state, numbers.first(maybe_held), counted));
  TRY(take_out(state, numbers.subspan(maybe_held), together));
  TRY(write_down(state, std::move(counted), next, now_us));
  if (together.numbers.empty()) return {};
  together.batch_points.clear();
  TRY(absorb_earlier(state, together));
  state.growing_gaps[reason] = next;
  return write_down(state, std::move(together), next, now_us);
}

/// Deletes the batches that are there; `gap` tells which and how much that was.
Result<void> SqliteSpool::take_out(State& state, std::span<const std::uint64_t> numbers, SpoolGap& gap) {
  gap.from_us = INT64_MAX;
  for (auto number : numbers) {
    auto key = static_cast<std::int64_t>(number);
    size_of_.bind(1, key).bind(2, key);
    if (size_of_.step() && size_of_.integer(1) != 0) {
      extend(gap.numbers, {number, number});
      state.bytes -= static_cast<std::uint64_t>(size_of_.integer(0));
      state.batches -= 1;
      gap.batch_points.push_back(static_cast<std::uint64_t>(size_of_.integer(2)));
      gap.points += gap.batch_points.back();
      gap.from_us = std::min(gap.from_us, size_of_.integer(3));
      gap.to_us = std::max(gap.to_us, size_of_.integer(4));
    }
    if (!size_of_.reset() || !erase_.bind(1, key).bind(2, key).run()) return broken("writing");
  }
  return {};
}

/// The earlier record of this reason goes into `gap`, while nobody can have seen it: a receiver that had counted it
/// would count it again.
Result<void> SqliteSpool::absorb_earlier(State& state, SpoolGap& gap) {
  const auto growing = state.growing_gaps.find(gap.reason);
  if (growing == state.growing_gaps.end() || growing->second <= sent_) return {};
  const auto number = growing->second;
  TRY_ASSIGN(const auto found, read(number, 1));
  if (found.empty() || found[0].number != number) return {};
  TRY_ASSIGN(const auto earlier, parse_gap(found[0].payload));
  auto numbers = joined(earlier.numbers, gap.numbers, number);
  if (numbers.size() > ranges_together || count(numbers) > batches_together) return {};
  gap.numbers = std::move(numbers);
  gap.points += earlier.points;
  gap.from_us = std::min(gap.from_us, earlier.from_us);
  gap.to_us = std::max(gap.to_us, earlier.to_us);
  return erase(state, {number, number});
}

Result<void> SqliteSpool::write_down(State& state, SpoolGap gap, std::uint64_t& next, TimeUs now_us) {
  if (gap.numbers.empty()) return {};
  gap.number = next++;
  gap.first = gap.numbers.front().first;
  gap.last = gap.numbers.back().last;
  TRY(insert(state, {.number = gap.number, .created_us = now_us, .payload = gap_json(gap)}));
  state.given_up.push_back(std::move(gap));
  return {};
}

}  // namespace millrace::sqlite
