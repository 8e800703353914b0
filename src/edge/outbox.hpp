#pragma once

#include "uplink/uplink.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace millrace {

struct OutboxOptions {
  std::size_t batch_bytes = 64u << 10;  ///< a batch is closed at this size
  std::size_t limit_bytes = 8u << 20;   ///< while the spool takes nothing; then decisions are counted only
};

/// Decisions between two group commits: many become one batch. What finds no room is counted, and goes out as a gap
/// record (without batch numbers, for it never had one) before the next decisions. Sans-I/O.
class Outbox {
 public:
  explicit Outbox(OutboxOptions options = {}) : options_(options) {}
  /// `metric`: one decision as DataEncoder made it. False: no room.
  bool add(std::string_view metric, TimeUs time_us);
  /// Appends everything since the last call.
  void take(std::vector<Uplink::Item>& items);
  [[nodiscard]] std::uint64_t lost() const { return lost_; }  ///< since the start

 private:
  OutboxOptions options_;
  std::vector<Uplink::Item> batches_;
  std::size_t bytes_ = 0;
  std::uint64_t lost_ = 0;
  SpoolGap gap_;  ///< points 0: none
};

}  // namespace millrace
