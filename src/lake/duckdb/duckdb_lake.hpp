#pragma once

#include "lake/lake.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace millrace {

struct DuckLakeOptions {
  std::filesystem::path folder;  ///< catalog.sqlite and data/ are made in it
  std::string writer_memory = "256MB";
  std::string reader_memory = "512MB";
  int writer_threads = 1;
  int reader_threads = 2;
  int inline_rows = 200;              ///< commits below this many rows go into the catalogue, not into a file
  std::string extension_folder = {};  ///< empty: where the build found the extensions
};

/// DuckLake 1.0 through libduckdb: catalogue in SQLite (WAL), Parquet (zstd, version 2) on local disk. One process
/// writes; any other can attach to the same catalogue READ_ONLY at the same time with plain DuckDB (invariant h).
Result<std::unique_ptr<Lake>> open_duckdb_lake(const DuckLakeOptions& options);

}  // namespace millrace
