#pragma once

#include <cstdint>
#include <random>

namespace millrace {

/// Delays between attempts: double each time up to a maximum, each drawn from its upper half so that a fleet that lost
/// the same peer does not come back as one wave ("equal jitter"). Sans-I/O; the seed makes tests repeatable.
class Backoff {
 public:
  Backoff(std::int64_t min_us, std::int64_t max_us, std::uint32_t seed = std::random_device{}());
  /// The delay before the next attempt.
  std::int64_t next_us();
  /// After a success.
  void reset() { ceiling_us_ = min_us_; }

 private:
  std::int64_t min_us_, max_us_, ceiling_us_;
  std::minstd_rand random_;
};

}  // namespace millrace
