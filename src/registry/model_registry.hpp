#pragma once

#include "registry/model_version.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace millrace {

class Database;

/// All model versions and who answers for them. One writer; small and rare writes, each one transaction.
class ModelRegistry {
 public:
  /// The database is migrated and outlives the registry.
  explicit ModelRegistry(Database& database) : database_(&database) {}

  /// The number that the next version of a use case gets.
  [[nodiscard]] Result<std::int64_t> next_number(std::string_view use_case) const;
  /// `already_exists` when the number is taken. State: candidate, or refused when a gate failed.
  Result<ModelVersion> add(ModelVersion model);
  /// Newest first.
  [[nodiscard]] Result<std::vector<ModelVersion>> list() const;
  [[nodiscard]] Result<ModelVersion> find(std::string_view use_case, std::int64_t number) const;
  /// The approved version: what devices run. Nothing when there is none.
  [[nodiscard]] Result<std::optional<ModelVersion>> approved(std::string_view use_case) const;
  /// Checks `may_be_approved`, then approves, and retires the version before, in one transaction.
  Result<ModelVersion> approve(std::string_view use_case, std::int64_t number, Approval approval);

 private:
  Result<void> store_state(const ModelVersion& model);
  Database* database_;
};

}  // namespace millrace
