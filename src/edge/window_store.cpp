#include "edge/window_store.hpp"

#include "metadata/database.hpp"
#include "metadata/sqlite/sqlite_database.hpp"

namespace millrace {

WindowStore::WindowStore(std::unique_ptr<Database> database) : database_(std::move(database)) {}
WindowStore::~WindowStore() = default;

Result<std::unique_ptr<WindowStore>> WindowStore::open(const std::filesystem::path& file) {
  TRY_ASSIGN(auto database, open_sqlite_database(file));
  TRY(
      database->execute_script("CREATE TABLE IF NOT EXISTS windows(use_case TEXT, site TEXT, asset TEXT, bytes TEXT, "
                               "PRIMARY KEY(use_case, site, asset))"));
  return std::make_unique<WindowStore>(std::move(database));
}

Result<void> WindowStore::save(const std::vector<Entry>& entries) {
  const std::lock_guard lock(mutex_);
  return database_->transaction([&]() -> Result<void> {
    for (const Entry& entry : entries) {
      TRY(
          database_->execute("INSERT INTO windows(use_case, site, asset, bytes) VALUES(?, ?, ?, ?) "
                             "ON CONFLICT(use_case, site, asset) DO UPDATE SET bytes = excluded.bytes",
                             {entry.use_case, entry.site, entry.asset, entry.bytes}));
    }
    return {};
  });
}

Result<std::vector<WindowStore::Entry>> WindowStore::load() const {
  const std::lock_guard lock(mutex_);
  TRY_ASSIGN(const auto rows, database_->query("SELECT use_case, site, asset, bytes FROM windows"));
  std::vector<Entry> entries;
  for (const DatabaseRow& row : rows) entries.push_back({row.text(0), row.text(1), row.text(2), row.text(3)});
  return entries;
}

}  // namespace millrace
