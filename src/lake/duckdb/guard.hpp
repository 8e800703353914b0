#pragma once

#include "lake/duckdb/connection.hpp"

#include <string>

namespace millrace::duck {

/// Whether SQL from people only reads the lake; else `permission_denied` with the reason. The attachment is read-only
/// and the file system is closed to DuckDB; this closes what that leaves: functions that open SQLite files by
/// themselves, run SQL out of a text, or block. It judges what DuckDB's own parser made of the text, so the spelling
/// (comments, quotes, schemas) does not matter, and comes before binding, because binding opens files already.
Result<void> check_reads_lake(const Connection& connection, const std::string& sql);

}  // namespace millrace::duck
