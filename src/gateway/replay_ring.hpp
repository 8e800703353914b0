#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The newest metrics of each asset, for an edge that lost its windows in a restart. Bounded by bytes; the oldest go.
class ReplayRing {
 public:
  struct Chunk {
    std::uint64_t newest_ms = 0;
    std::string metrics;
  };
  ReplayRing(std::size_t assets, std::size_t limit_bytes);
  void add(std::uint32_t asset, std::uint64_t newest_ms, std::string_view metrics);
  [[nodiscard]] const std::deque<Chunk>& chunks(std::uint32_t asset) const { return assets_[asset].chunks; }
  [[nodiscard]] std::size_t assets() const { return assets_.size(); }

 private:
  struct Asset {
    std::deque<Chunk> chunks;
    std::size_t bytes = 0;
  };
  std::vector<Asset> assets_;
  std::size_t limit_bytes_;  ///< of one asset
};

}  // namespace millrace
