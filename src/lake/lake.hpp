#pragma once

#include "base/result.hpp"
#include "lake/query_result.hpp"
#include "lake/retention.hpp"
#include "lake/rows.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace millrace {

/// A version of all tables: grows by one with every commit. A dataset is a snapshot and a query.
using SnapshotId = std::int64_t;
inline constexpr SnapshotId latest_snapshot = -1;

struct QueryOptions {
  std::vector<QueryCell> parameters;        ///< for the "?" of the statement, in order
  std::size_t row_limit = 10'000;           ///< more rows are cut and `truncated` is set
  std::int64_t time_limit_us = 30'000'000;  ///< then `timed_out`
};

/// What a training run reads. Empty lists mean all.
struct ScanRequest {
  SnapshotId snapshot = latest_snapshot;
  std::vector<std::int32_t> signal_ids;
  TimeUs from_us = 0;  ///< inclusive
  TimeUs to_us = 0;    ///< exclusive; 0: no end
};

/// A piece of the answer, valid during the callback only.
struct ScanBlock {
  std::span<const std::int32_t> signal_id;
  std::span<const TimeUs> source_time_us;
  std::span<const double> value;  ///< NaN where no value was given
  std::span<const StatusCode> status;
};

struct MaintenanceOptions {
  std::vector<SnapshotId> keep;                 ///< snapshots that a model refers to: readable as ever
  TimeUs expire_before_us = 0;                  ///< older snapshots go, but those kept and the newest two stay; 0: none
  std::uint64_t merge_below_bytes = 16u << 20;  ///< smaller files are merged
  std::int64_t spare_files_us = 600'000'000;    ///< a query that began before a merge may still read the old files
  std::vector<Retention> retention;             ///< old rows that go
  std::vector<std::int32_t> spared_signals;     ///< whose samples stay, however old
  std::int64_t step_rows = 1'000'000;           ///< commits wait while so many old rows are deleted, no longer
};

struct LakeSize {
  std::int64_t files = 0;
  std::int64_t bytes = 0;  ///< of the Parquet files
  std::int64_t rows = 0;   ///< in those files, without rows that still lie in the catalogue
};

/// Durable tables of plant data. Blocking: call it from workers. Thread-safe: commits and maintenance take turns,
/// queries and scans run beside them and see whole commits only.
class Lake {
 public:
  virtual ~Lake() = default;

  /// All rows in one transaction; after it returned they survive kill -9 and power loss. `marks_json` (an object, or
  /// empty) lands in the same snapshot. Rows stay the caller's. After an error the same object is handed over again:
  /// nothing of it is stored (`exhausted`: disk full), or nobody could tell, and the next try finds out first.
  virtual Result<SnapshotId> commit(const LakeCommit& rows, const std::string& author, const std::string& message,
                                    const std::string& marks_json) = 0;
  /// The marks of the newest commit that had some; empty when none had.
  virtual Result<std::string> recover_marks() = 0;
  [[nodiscard]] virtual Result<std::vector<SignalRow>> signals() = 0;
  [[nodiscard]] virtual Result<SnapshotId> snapshot() = 0;

  /// One statement that reads (SELECT, WITH, FROM, DESCRIBE, SHOW, EXPLAIN); all else is `permission_denied`. Tables
  /// need no prefix; `FROM samples AT (VERSION => 7)` reads a snapshot. No file outside the lake can be read.
  virtual Result<QueryResult> query(const std::string& sql, const QueryOptions& options = {}) = 0;
  /// Points ordered by (site, asset, source time, signal): rows of an asset come whole and in time.
  virtual Result<void> scan(const ScanRequest& request, const std::function<Result<void>(const ScanBlock&)>& each) = 0;

  /// Moves inlined rows to files, merges small files, deletes old rows (a number of steps each time: what is left is
  /// for the next time), expires snapshots, deletes what nobody refers to any more.
  virtual Result<void> maintain(const MaintenanceOptions& options) = 0;
  [[nodiscard]] virtual Result<LakeSize> size() = 0;
};

}  // namespace millrace
