#pragma once

#include "base/result.hpp"
#include "spool/spool.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::sparkplug {

/// A set of batch numbers as sorted, disjoint ranges. As text: "1-500,900-950,1000" (metric Millrace/Acked).
class BatchSet {
 public:
  BatchSet() = default;
  /// `invalid_argument` for text that is no list of ranges.
  static Result<BatchSet> parse(std::string_view text);

  void add(std::uint64_t number) { add(number, number); }
  void add(std::uint64_t first, std::uint64_t last);
  void add(const BatchSet& other);
  void remove(std::uint64_t number) { remove(number, number); }
  void remove(std::uint64_t first, std::uint64_t last);
  void clear() { ranges_.clear(); }

  [[nodiscard]] bool contains(std::uint64_t number) const;
  [[nodiscard]] bool empty() const { return ranges_.empty(); }
  [[nodiscard]] std::uint64_t count() const;
  [[nodiscard]] std::uint64_t first() const { return ranges_.begin()->first; }   ///< not for an empty set
  [[nodiscard]] std::uint64_t last() const { return ranges_.rbegin()->second; }  ///< not for an empty set
  [[nodiscard]] std::size_t range_count() const { return ranges_.size(); }
  [[nodiscard]] std::vector<BatchRange> ranges() const;
  [[nodiscard]] std::string to_text() const;
  bool operator==(const BatchSet&) const = default;

 private:
  std::map<std::uint64_t, std::uint64_t> ranges_;  // first -> last
};

}  // namespace millrace::sparkplug
