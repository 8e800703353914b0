#include "lake/duckdb/duckdb_lake.hpp"

#include "lake/duckdb/append_rows.hpp"
#include "lake/duckdb/commit_once.hpp"
#include "lake/duckdb/connection.hpp"
#include "lake/duckdb/file_sync.hpp"
#include "lake/duckdb/retention.hpp"
#include "lake/duckdb/sample_source.hpp"
#include "lake/duckdb/schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <optional>

namespace millrace {
namespace {

using duck::Connection;
using duck::Engine;
using duck::sql_quote;

/// Commits of more rows than this go to files.
std::string inline_limit(int rows) { return fmt::format("SET ducklake_default_data_inlining_row_limit = {}", rows); }

constexpr int retention_steps = 20;           // of a table in one maintenance
constexpr double rewrite_from_deleted = 0.5;  // a file that has lost this share of its rows is written anew

constexpr std::string_view marks_prefix = "{\"marks\":";
constexpr std::string_view id_prefix = "\"commit\":";

class DuckDbLake final : public Lake {
 public:
  DuckDbLake(const DuckLakeOptions& options, Engine writer_engine, Connection writer,
             std::unique_ptr<duck::SampleSource> source, Engine reader_engine)
      : folder_(options.folder),
        inline_rows_(options.inline_rows),
        writer_engine_(std::move(writer_engine)),
        source_(std::move(source)),
        writer_(std::move(writer)),
        reader_engine_(std::move(reader_engine)),
        file_sync_(folder_ / "data") {
    file_sync_.start();
  }

  Result<SnapshotId> commit(const LakeCommit& rows, const std::string& author, const std::string& message,
                            const std::string& marks_json) override {
    const std::lock_guard lock(writing_);
    const auto key = fmt::format("{} {} {}", fmt::ptr(&rows), rows.samples.size(), marks_json);
    return once_.run(key, [&](const std::string& id) {
      return in_transaction([&]() -> Result<void> {
        const auto marks = marks_json.empty() ? std::string("{") : fmt::format("{}{},", marks_prefix, marks_json);
        const auto extra = fmt::format("{}{}\"{}\"}}", marks, id_prefix, id);
        TRY(writer_.execute(fmt::format("CALL lake.set_commit_message({}, {}, extra_info => {})", sql_quote(author),
                                        sql_quote(message), sql_quote(extra))));
        TRY(insert(rows.samples));
        return duck::append_rows(writer_.handle(), rows);
      });
    });
  }

  Result<std::string> recover_marks() override {
    TRY_ASSIGN(auto connection, reader());
    TRY_ASSIGN(
        const auto result,
        connection.query(fmt::format("SELECT commit_extra_info FROM __ducklake_metadata_lake.ducklake_snapshot_changes "
                                     "WHERE commit_extra_info LIKE '{}%' ORDER BY snapshot_id DESC LIMIT 1",
                                     marks_prefix)));
    if (result.rows.empty()) return std::string();
    const auto extra = result.text(0, 0);
    const auto end = std::min(extra.rfind(fmt::format(",{}", id_prefix)), extra.size() - 1);
    return extra.substr(marks_prefix.size(), end - marks_prefix.size());
  }

  Result<std::vector<SignalRow>> signals() override {
    TRY_ASSIGN(auto connection, reader());
    TRY_ASSIGN(const auto result,
               connection.query("SELECT signal_id, site, asset, signal, unit, quantity FROM signals ORDER BY 1",
                                {.row_limit = 100'000'000}));
    std::vector<SignalRow> rows;
    for (std::size_t i = 0; i < result.rows.size(); ++i) {
      rows.push_back({static_cast<std::int32_t>(result.number(i, 0)), result.text(i, 1), result.text(i, 2),
                      result.text(i, 3), result.text(i, 4), result.text(i, 5)});
    }
    return rows;
  }

  Result<SnapshotId> snapshot() override {
    TRY_ASSIGN(auto connection, reader());
    return snapshot_of(connection);
  }

  Result<QueryResult> query(const std::string& sql, const QueryOptions& options) override {
    TRY_ASSIGN(auto connection, reader());
    return connection.query(sql, options, true);
  }

  Result<void> scan(const ScanRequest& request, const std::function<Result<void>(const ScanBlock&)>& each) override {
    TRY_ASSIGN(auto connection, reader());
    const auto version =
        request.snapshot == latest_snapshot ? std::string() : fmt::format(" AT (VERSION => {})", request.snapshot);
    std::string where = fmt::format("s.source_time >= make_timestamp({})", request.from_us);
    if (request.to_us != 0) where += fmt::format(" AND s.source_time < make_timestamp({})", request.to_us);
    if (!request.signal_ids.empty())
      where += fmt::format(" AND s.signal_id IN ({})", fmt::join(request.signal_ids, ","));
    return connection.scan(fmt::format("SELECT s.signal_id, s.source_time, s.value, s.status FROM samples s{0} JOIN "
                                       "signals n{0} USING (signal_id) "
                                       "WHERE {1} ORDER BY n.site, n.asset, s.source_time, s.signal_id",
                                       version, where),
                           each);
  }

  Result<void> maintain(const MaintenanceOptions& options) override {
    TRY(compact(options));
    for (const auto& rule : options.retention) TRY(forget(rule, options));
    const std::lock_guard lock(writing_);
    if (!options.retention.empty()) TRY(rewrite());
    if (options.expire_before_us != 0) TRY(expire(options));
    TRY(writer_.execute(fmt::format(
        "CALL ducklake_cleanup_old_files('lake', older_than => now() - to_microseconds({}))", options.spare_files_us)));
    return writer_.execute("CALL ducklake_delete_orphaned_files('lake', older_than => now() - INTERVAL 1 DAY)");
  }

  Result<LakeSize> size() override {
    TRY_ASSIGN(auto connection, reader());
    TRY_ASSIGN(const auto result,
               connection.query("SELECT count(*), coalesce(sum(file_size_bytes), 0)::BIGINT, "
                                "coalesce(sum(record_count), 0)::BIGINT FROM "
                                "__ducklake_metadata_lake.ducklake_data_file WHERE end_snapshot IS NULL"));
    return LakeSize{static_cast<std::int64_t>(result.number(0, 0)), static_cast<std::int64_t>(result.number(0, 1)),
                    static_cast<std::int64_t>(result.number(0, 2))};
  }

 private:
  static Result<SnapshotId> snapshot_of(const Connection& connection) {
    TRY_ASSIGN(const auto result, connection.query("SELECT id FROM ducklake_current_snapshot('lake')"));
    return static_cast<SnapshotId>(result.number(0, 0));
  }

  Result<Connection> reader() {
    TRY_ASSIGN(auto connection, reader_engine_.connect());
    TRY(connection.execute("USE lake"));
    return connection;
  }

  Result<void> compact(const MaintenanceOptions& options) {
    const std::lock_guard lock(writing_);
    TRY(in_transaction([&] { return writer_.execute("CALL ducklake_flush_inlined_data('lake')"); }));
    TRY(in_transaction([&] {
      return writer_.execute(
          fmt::format("CALL ducklake_merge_adjacent_files('lake', max_file_size => {})", options.merge_below_bytes));
    }));
    return {};
  }

  /// Each step is a commit of its own, and others may come in between.
  Result<void> forget(const Retention& rule, const MaintenanceOptions& options) {
    TRY_ASSIGN(auto connection, reader());
    for (int step = 0; step < retention_steps; ++step) {
      TRY_ASSIGN(const auto oldest, duck::delete_oldest(connection, rule, options.spared_signals, options.step_rows));
      if (oldest.empty()) break;
      const std::lock_guard lock(writing_);
      TRY(in_transaction([&] { return writer_.execute(oldest); }));
    }
    return {};
  }

  /// Deleted rows take space until their file is written anew. Files of snapshots that are kept stay beside it.
  Result<void> rewrite() {
    TRY(in_transaction([&] {
      return writer_.execute(
          fmt::format("CALL ducklake_rewrite_data_files('lake', delete_threshold => {})", rewrite_from_deleted));
    }));
    return {};
  }

  /// DuckLake sorts what it might inline, even a table that is not sorted on insert. Samples come sorted, and more than
  /// the limit go into a file anyway: for them there is no inlining.
  Result<void> insert(const SampleBatch& samples) {
    if (samples.empty()) return {};
    const bool into_file = samples.size() > static_cast<std::size_t>(inline_rows_);
    if (into_file) TRY(writer_.execute(inline_limit(0)));
    source_->set(&samples);
    const auto inserted = writer_.execute("INSERT INTO lake.samples SELECT * FROM millrace_samples()");
    source_->set(nullptr);
    TRY(inserted);
    return into_file ? writer_.execute(inline_limit(inline_rows_)) : Result<void>();
  }

  /// All of `work` or nothing of it. New files are durable before the catalogue names them.
  template <typename Work>
  Result<SnapshotId> in_transaction(Work work) {
    TRY(writer_.execute(inline_limit(inline_rows_)));  // outlives a transaction that failed
    TRY(writer_.execute("BEGIN"));
    auto done = work();
    if (done) done = file_sync_.sync_new_files();
    if (done) done = writer_.execute("COMMIT");
    if (!done) {
      (void)writer_.execute("ROLLBACK");  // fails when COMMIT has ended the transaction already
      auto error = done.error().with_context("committing to the lake in " + folder_.string());
      error.message += error.code == ErrorCode::exhausted
                           ? " (nothing of the commit was stored; free some space and it goes on)"
                           : " (nothing of the commit was stored; see to the disk and to who may write there)";
      return fail(std::move(error));
    }
    // The rows are stored: no error may say otherwise. A commit makes one snapshot.
    return latest_ = committed().value_or(latest_ + 1);
  }

  /// What this connection committed last; asking for the lake's newest snapshot would read the catalogue again.
  Result<SnapshotId> committed() {
    TRY_ASSIGN(const auto last, writer_.query("SELECT id FROM ducklake_last_committed_snapshot('lake')"));
    const auto id = last.number(0, 0);
    return std::isnan(id) ? snapshot_of(writer_) : static_cast<SnapshotId>(id);
  }

  /// Among the newest snapshots, for it is about a commit that was tried a moment ago.
  Result<std::optional<SnapshotId>> snapshot_with(const std::string& id) {
    TRY_ASSIGN(auto connection, reader());
    TRY_ASSIGN(const auto found,
               connection.query(fmt::format(
                   "WITH all_changes AS (FROM __ducklake_metadata_lake.ducklake_snapshot_changes) "
                   "SELECT max(snapshot_id) FROM all_changes WHERE commit_extra_info LIKE '%{}\"{}\"}}' AND "
                   "snapshot_id > (SELECT max(snapshot_id) - 1000 FROM all_changes)",
                   id_prefix, id)));
    const auto snapshot = found.number(0, 0);
    return std::isnan(snapshot) ? std::nullopt : std::optional(static_cast<SnapshotId>(snapshot));
  }

  /// The newest snapshot is the lake itself; the newest with marks keeps the ingest's place.
  Result<void> expire(const MaintenanceOptions& options) {
    const auto cutoff = fmt::format("snapshot_time < to_timestamp({} / 1000000.0)", options.expire_before_us);
    std::string keep =
        "SELECT max(snapshot_id) FROM ducklake_snapshots('lake') UNION ALL "
        "SELECT max(snapshot_id) FROM ducklake_snapshots('lake') WHERE commit_extra_info LIKE '" +
        std::string(marks_prefix) + "%'";
    for (const auto id : options.keep) keep += fmt::format(" UNION ALL SELECT {}", id);
    TRY_ASSIGN(const auto old,
               writer_.query(fmt::format("SELECT snapshot_id FROM ducklake_snapshots('lake') WHERE {} AND snapshot_id "
                                         "NOT IN (SELECT * FROM ({}) k(id) WHERE id IS NOT NULL)",
                                         cutoff, keep),
                             {.row_limit = 1'000'000}));
    if (old.rows.empty()) return {};
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < old.rows.size(); ++i) ids.push_back(static_cast<std::int64_t>(old.number(i, 0)));
    return writer_.execute(
        fmt::format("CALL ducklake_expire_snapshots('lake', versions => [{}])", fmt::join(ids, ",")));
  }

  std::filesystem::path folder_;
  int inline_rows_;
  Engine writer_engine_;
  std::unique_ptr<duck::SampleSource> source_;
  Connection writer_;
  Engine reader_engine_;
  duck::FileSync file_sync_;
  std::mutex writing_;
  duck::CommitOnce once_{[this](const std::string& id) { return snapshot_with(id); }};
  SnapshotId latest_ = 0;  // that is known
};

/// Readers see the lake's folder and nothing else of the file system, and cannot change that.
Result<Engine> open_reader(const DuckLakeOptions& options, const std::string& extensions) {
  const auto catalog = (options.folder / "catalog.sqlite").string();
  TRY_ASSIGN(auto engine, Engine::open({.memory_limit = options.reader_memory,
                                        .threads = options.reader_threads,
                                        .temporary_folder = (options.folder / "tmp" / "reader").string(),
                                        .extension_folder = extensions}));
  TRY_ASSIGN(auto connection, engine.connect());
  TRY(connection.execute(fmt::format("ATTACH {} AS lake (READ_ONLY)", sql_quote("ducklake:sqlite:" + catalog))));
  TRY(connection.execute(fmt::format("SET allowed_directories = [{}, {}]",
                                     sql_quote((options.folder / "data").string() + "/"),
                                     sql_quote((options.folder / "tmp").string() + "/"))));
  TRY(connection.execute(fmt::format("SET allowed_paths = [{}, {}, {}]", sql_quote(catalog),
                                     sql_quote(catalog + "-wal"), sql_quote(catalog + "-shm"))));
  TRY(connection.execute("SET enable_external_access = false"));
  TRY(connection.execute("SET lock_configuration = true"));
  return engine;
}

}  // namespace

Result<std::unique_ptr<Lake>> open_duckdb_lake(const DuckLakeOptions& given) {
  DuckLakeOptions options = given;
  std::error_code error;
  std::filesystem::create_directories(options.folder / "data", error);
  if (!error)
    std::filesystem::create_directories(options.folder / "tmp", error);  // DuckDB makes the last folder itself
  if (error)
    return fail(ErrorCode::unavailable, fmt::format("cannot make {}: {}", options.folder.string(), error.message()));
  options.folder = std::filesystem::absolute(options.folder).lexically_normal();
  const std::string extensions =
      options.extension_folder.empty() ? MILLRACE_DUCKDB_EXTENSIONS : options.extension_folder;

  TRY_ASSIGN(auto engine, Engine::open({.memory_limit = options.writer_memory,
                                        .threads = options.writer_threads,
                                        .temporary_folder = (options.folder / "tmp" / "writer").string(),
                                        .extension_folder = extensions}));
  TRY_ASSIGN(auto writer, engine.connect());
  const auto catalog = (options.folder / "catalog.sqlite").string();
  // The path of the data is written again at each start, so that the folder may be moved while nobody uses it.
  const auto attach = fmt::format(
      "ATTACH {} AS lake (DATA_PATH {}, OVERRIDE_DATA_PATH true, META_JOURNAL_MODE 'WAL', META_BUSY_TIMEOUT 10000)",
      sql_quote("ducklake:sqlite:" + catalog), sql_quote((options.folder / "data").string() + "/"));
  if (auto attached = writer.execute(attach); !attached)
    return fail(attached.error().with_context("opening the lake " + catalog));
  for (const auto* statement : duck::lake_schema) TRY(writer.execute(statement));
  TRY_ASSIGN(const auto sorted, writer.query("SELECT count(*) FROM __ducklake_metadata_lake.ducklake_sort_info"));
  if (sorted.number(0, 0) == 0) {
    for (const auto* setting :
         {"'parquet_compression', 'zstd'", "'parquet_version', '2'", "'target_file_size', '64MB'"}) {
      TRY(writer.execute(fmt::format("CALL lake.set_option({})", setting)));
    }
    // Merges sort by this; commits come sorted already.
    TRY(writer.execute("ALTER TABLE lake.samples SET SORTED BY (signal_id ASC, source_time ASC)"));
    TRY(writer.execute("CALL lake.set_option('sort_on_insert', 'false', table_name => 'samples')"));
  }
  TRY_ASSIGN(auto source, duck::SampleSource::install(writer.handle()));
  TRY_ASSIGN(auto reader, open_reader(options, extensions));
  return std::unique_ptr<Lake>(
      new DuckDbLake(options, std::move(engine), std::move(writer), std::move(source), std::move(reader)));
}

}  // namespace millrace
