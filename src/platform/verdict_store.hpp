#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

class Database;

struct Verdict {
  std::string verdict;  ///< right, wrong, unsure
  std::string comment;
  std::string by;
  TimeUs time_us = 0;
};

struct VerdictCounts {
  std::int64_t right = 0, wrong = 0, unsure = 0;
};

/// What people said about decisions. All are kept, the newest counts.
class VerdictStore {
 public:
  explicit VerdictStore(Database& database) : database_(&database) {}
  /// `asset` and `advice` are the decision's, for counting.
  Result<void> add(std::string_view decision_id, std::string_view asset, std::string_view advice,
                   const Verdict& verdict);
  [[nodiscard]] Result<std::optional<Verdict>> newest(std::string_view decision_id) const;
  [[nodiscard]] Result<VerdictCounts> count(const std::optional<std::string>& asset,
                                            const std::optional<std::string>& advice, bool advised) const;

 private:
  Database* database_;
};

}  // namespace millrace
