#include "runtime/backoff.hpp"

#include <algorithm>

namespace millrace {

Backoff::Backoff(std::int64_t min_us, std::int64_t max_us, std::uint32_t seed)
    : min_us_(std::max<std::int64_t>(min_us, 1)),
      max_us_(std::max(max_us, min_us_)),
      ceiling_us_(min_us_),
      random_(seed) {}

std::int64_t Backoff::next_us() {
  auto delay_us = std::uniform_int_distribution<std::int64_t>(ceiling_us_ / 2, ceiling_us_)(random_);
  ceiling_us_ = std::min(ceiling_us_ * 2, max_us_);
  return delay_us;
}

}  // namespace millrace
