#include "sparkplug/batch_set.hpp"

#include <fmt/format.h>

#include <charconv>

namespace millrace::sparkplug {

namespace {

bool read_number(std::string_view text, std::uint64_t& number) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

Result<BatchSet> BatchSet::parse(std::string_view text) {
  BatchSet set;
  while (!text.empty()) {
    auto comma = text.find(',');
    auto part = text.substr(0, comma);
    auto dash = part.find('-');
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    bool good = read_number(part.substr(0, dash), first);
    last = first;
    if (dash != std::string_view::npos) good = good && read_number(part.substr(dash + 1), last);
    if (!good || last < first || last == UINT64_MAX || (comma != std::string_view::npos && comma + 1 == text.size())) {
      return fail(ErrorCode::invalid_argument,
                  fmt::format("'{}' is no list of batch ranges; expected something like 1-500,900-950", part));
    }
    set.add(first, last);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return set;
}

void BatchSet::add(std::uint64_t first, std::uint64_t last) {
  auto next = ranges_.upper_bound(first);
  if (next != ranges_.begin()) {
    auto before = std::prev(next);
    if (before->second + 1 >= first) {  // touches or overlaps
      first = before->first;
      last = std::max(last, before->second);
      next = ranges_.erase(before);
    }
  }
  while (next != ranges_.end() && next->first <= last + 1) {
    last = std::max(last, next->second);
    next = ranges_.erase(next);
  }
  ranges_.emplace_hint(next, first, last);
}

void BatchSet::add(const BatchSet& other) {
  for (const auto& [first, last] : other.ranges_) add(first, last);
}

void BatchSet::remove(std::uint64_t first, std::uint64_t last) {
  auto range = ranges_.upper_bound(first);
  if (range != ranges_.begin()) --range;
  while (range != ranges_.end() && range->first <= last) {
    auto [from, to] = *range;
    if (to < first) {
      ++range;
      continue;
    }
    range = ranges_.erase(range);
    if (from < first) ranges_.emplace(from, first - 1);
    if (to > last) ranges_.emplace(last + 1, to);
  }
}

bool BatchSet::contains(std::uint64_t number) const {
  auto range = ranges_.upper_bound(number);
  return range != ranges_.begin() && std::prev(range)->second >= number;
}

std::uint64_t BatchSet::count() const {
  std::uint64_t count = 0;
  for (const auto& [first, last] : ranges_) count += last - first + 1;
  return count;
}

std::vector<BatchRange> BatchSet::ranges() const {
  std::vector<BatchRange> out;
  for (const auto& [first, last] : ranges_) out.push_back({first, last});
  return out;
}

std::string BatchSet::to_text() const {
  std::string text;
  for (const auto& [first, last] : ranges_) {
    if (!text.empty()) text += ',';
    fmt::format_to(std::back_inserter(text), "{}", first);
    if (last != first) fmt::format_to(std::back_inserter(text), "-{}", last);
  }
  return text;
}

}  // namespace millrace::sparkplug
