#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace millrace {

/// Sparkplug aliases that a gateway gave to its metrics: never used again for another one as long as the spool lives,
/// for batches that wait in it carry aliases only. Kept in the spool, so that both are lost together or not at all.
class AliasTable {
 public:
  /// The alias of a metric; a new one when it has none yet.
  std::uint64_t assign(std::string_view asset, std::string_view metric);
  /// asset -> metric -> alias
  using Assets = std::map<std::string, std::map<std::string, std::uint64_t, std::less<>>, std::less<>>;
  [[nodiscard]] const Assets& assets() const { return assets_; }
  [[nodiscard]] std::uint64_t next() const { return next_; }

  [[nodiscard]] std::string to_text() const;
  /// `corrupt` when the text is not what `to_text` wrote.
  static Result<AliasTable> parse(std::string_view text);

 private:
  Assets assets_;
  std::uint64_t next_ = 1;
};

}  // namespace millrace
