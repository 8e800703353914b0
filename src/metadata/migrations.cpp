#include "metadata/migrations.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

namespace millrace {

Result<void> migrate(Database& database, TimeUs now_us, std::span<const Migration> steps) {
  TRY(
      database.execute_script("CREATE TABLE IF NOT EXISTS schema_migrations (number BIGINT NOT NULL PRIMARY KEY, "
                              "name TEXT NOT NULL, sha256 TEXT NOT NULL, applied_us BIGINT NOT NULL)"));
  TRY_ASSIGN(const auto done, database.query("SELECT number, name, sha256 FROM schema_migrations ORDER BY number"));
  for (std::size_t i = 0; i < done.size(); ++i) {
    if (i >= steps.size()) {
      return fail(
          ErrorCode::failed_precondition,
          fmt::format(
              "the metadata database has schema step {} ({}), this program knows {} steps; use the newer program "
              "or restore a backup",
              done[i].integer(0), done[i].text(1), steps.size()));
    }
    if (done[i].integer(0) != steps[i].number || done[i].text(2) != sha256_hex(steps[i].sql)) {
      return fail(ErrorCode::corrupt,
                  fmt::format("schema step {} ({}) of the metadata database is not the one this program has ({}); "
                              "migrations must never be edited",
                              done[i].integer(0), done[i].text(1), steps[i].name));
    }
  }
  for (std::size_t i = done.size(); i < steps.size(); ++i) {
    const auto& step = steps[i];
    const auto applied = database.transaction([&]() -> Result<void> {
      TRY(database.execute_script(step.sql));
      TRY(database.execute("INSERT INTO schema_migrations VALUES (?, ?, ?, ?)",
                           {step.number, std::string(step.name), sha256_hex(step.sql), now_us}));
      return {};
    });
    if (!applied) return fail(applied.error().with_context(fmt::format("schema step {} ({})", step.number, step.name)));
  }
  return {};
}

}  // namespace millrace
