#include "gateway/replay_ring.hpp"

#include <algorithm>

namespace millrace {

namespace {
constexpr std::size_t chunk_overhead_bytes = 64;
constexpr std::size_t asset_limit_bytes = 256 * 1024;  // about 400 rows of 25 signals: no window is longer
}  // namespace

ReplayRing::ReplayRing(std::size_t assets, std::size_t limit_bytes)
    : assets_(assets), limit_bytes_(std::min(asset_limit_bytes, limit_bytes / std::max<std::size_t>(assets, 1))) {}

void ReplayRing::add(std::uint32_t asset, std::uint64_t newest_ms, std::string_view metrics) {
  auto& ring = assets_[asset];
  ring.chunks.push_back({newest_ms, std::string(metrics)});
  ring.bytes += metrics.size() + chunk_overhead_bytes;
  while (ring.bytes > limit_bytes_ && ring.chunks.size() > 1) {
    ring.bytes -= ring.chunks.front().metrics.size() + chunk_overhead_bytes;
    ring.chunks.pop_front();
  }
}

}  // namespace millrace
