#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <set>
#include <string>

namespace millrace::duck {

/// DuckDB writes Parquet files without fsync, and the catalogue commit that follows is synced: after a power loss the
/// catalogue could name files that are not whole. So new files are synced before each commit.
class FileSync {
 public:
  explicit FileSync(std::filesystem::path folder) : folder_(std::move(folder)) {}
  /// Takes all files that are there now as synced: they were committed by an earlier process or belong to nobody.
  void start();
  /// Syncs every file that appeared below the folder since the last call, and the folders that hold them.
  Result<void> sync_new_files();

 private:
  std::filesystem::path folder_;
  std::set<std::string> known_;
};

}  // namespace millrace::duck
