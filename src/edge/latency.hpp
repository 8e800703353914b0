#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace millrace {

/// Counts durations in buckets of 1/16 of a power of two: quantiles within 6 %, one add, no allocation.
class LatencyHistogram {
 public:
  void add(std::int64_t duration_us) {
    ++counts_[bucket_of(duration_us < 0 ? 0 : static_cast<std::uint64_t>(duration_us))];
    ++count_;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// Upper edge of the bucket that holds the quantile `q` in 0..1; 0 when nothing was counted.
  [[nodiscard]] std::uint64_t quantile(double q) const {
    const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(count_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (counts_[bucket] > 0 && seen > wanted) return upper_edge(bucket);
    }
    return count_ == 0 ? 0 : upper_edge(counts_.size() - 1);
  }

 private:
  static constexpr std::size_t parts = 16;
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < parts) return value;
    const auto power = static_cast<std::size_t>(std::bit_width(value)) - 5;  // value >> power lies in 16..31
    const std::size_t bucket = parts + power * parts + ((value >> power) - parts);
    return bucket < buckets ? bucket : buckets - 1;
  }
  static std::uint64_t upper_edge(std::size_t bucket) {
    if (bucket < parts) return bucket;
    const std::size_t power = (bucket - parts) / parts, part = (bucket - parts) % parts;
    return ((static_cast<std::uint64_t>(parts + part) + 1) << power) - 1;
  }
  static constexpr std::size_t buckets = parts * 40;
  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
};

}  // namespace millrace
