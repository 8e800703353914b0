#pragma once

#include "lake/lake.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace millrace {

/// Snapshots of the lake that somebody still reads page by page: maintenance spares them. Loop thread only.
class SnapshotLeases {
 public:
  static constexpr std::int64_t lease_us = 600ll * 1'000'000;
  static constexpr std::size_t limit = 64;  ///< then the lease that ends first goes

  void keep(SnapshotId snapshot, TimeUs now_us) {
    if (leases_.size() >= limit && !leases_.contains(snapshot)) {
      leases_.erase(std::min_element(leases_.begin(), leases_.end(),
                                     [](const auto& left, const auto& right) { return left.second < right.second; }));
    }
    leases_[snapshot] = now_us + lease_us;
  }
  /// Those whose lease has not ended.
  std::vector<SnapshotId> kept(TimeUs now_us) {
    std::erase_if(leases_, [&](const auto& lease) { return lease.second <= now_us; });
    std::vector<SnapshotId> snapshots;
    for (const auto& [snapshot, end_us] : leases_) snapshots.push_back(snapshot);
    return snapshots;
  }

 private:
  std::map<SnapshotId, TimeUs> leases_;  ///< snapshot, end of its lease
};

}  // namespace millrace
