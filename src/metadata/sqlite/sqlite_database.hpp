#pragma once

#include "metadata/database.hpp"

#include <filesystem>
#include <memory>

namespace millrace {

/// One SQLite file: WAL, synchronous FULL, foreign keys on; made with mode 0600 when absent. An empty path is a
/// database in memory, for tests.
Result<std::unique_ptr<Database>> open_sqlite_database(const std::filesystem::path& path);

}  // namespace millrace
