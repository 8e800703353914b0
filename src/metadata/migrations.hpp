#pragma once

#include "base/time.hpp"
#include "metadata/database.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {

/// A step of the schema: migrations/NNNN_name.sql. Once published it never changes; a change is a new step.
struct Migration {
  std::int64_t number = 0;
  std::string_view name;
  std::string_view sql;
};

/// All steps, oldest first; compiled in from the .sql files.
std::span<const Migration> all_migrations();

/// Brings a database to the newest schema, each step in one transaction. `failed_precondition` when the database was
/// written by a newer Millrace; `corrupt` when a step that it has had differs from ours.
Result<void> migrate(Database& database, TimeUs now_us, std::span<const Migration> steps = all_migrations());

}  // namespace millrace
