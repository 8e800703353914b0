#include "lake/duckdb/duckdb_lake.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

namespace millrace {
namespace {

class DuckDbLakeTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "millrace-lake-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override {
    lake_.reset();
    std::filesystem::remove_all(folder_);
  }
  Lake& lake() {
    if (!lake_) {
      auto opened = open_duckdb_lake({.folder = folder_ / "lake"});
      EXPECT_TRUE(opened) << opened.error().message;
      lake_ = std::move(*opened);
    }
    return *lake_;
  }
  double number(const std::string& sql) {
    auto result = lake().query(sql);
    EXPECT_TRUE(result) << result.error().message;
    return result ? result->number(0, 0) : no_value;
  }
  static LakeCommit points(std::int32_t signals, int rows, TimeUs from_us = 1'000'000) {
    LakeCommit commit;
    for (int row = 0; row < rows; ++row) {
      for (std::int32_t id = 0; id < signals; ++id) {
        commit.samples.add(id, from_us + row * 1'000'000ll, 640.0 + row * 0.25 + id, status::good);
      }
    }
    return commit;
  }
  SnapshotId commit(const LakeCommit& rows, const std::string& marks = {}) {
    const auto id = lake().commit(rows, "test", "test", marks);
    EXPECT_TRUE(id) << id.error().message;
    return id ? *id : -1;
  }
  std::filesystem::path folder_;
  std::unique_ptr<Lake> lake_;
};

/// Files come sorted by signal and time, small commits lie in the catalogue, also beside and after large ones.
TEST_F(DuckDbLakeTest, LargeCommitsAreSortedFilesAndSmallOnesAreInlined) {
  const auto files = [&] { return lake().size()->files; };
  commit(points(2, 3));
  EXPECT_EQ(files(), 0);
  LakeCommit large = points(5, 1'000, 100'000'000);
  large.events.push_back({7, "plant", "engine-001", "gap", "beside many points"});
  commit(large);
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(number("SELECT count(*) FROM (SELECT (signal_id, source_time) < lag((signal_id, source_time)) OVER (ORDER "
                   "BY rowid) AS wrong FROM samples WHERE source_time > make_timestamp(100000000)) WHERE wrong"),
            0);
  commit(points(2, 3, 1'000));
  EXPECT_EQ(files(), 1);
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 5'012);
}

TEST_F(DuckDbLakeTest, StoresEveryTableAndReadsItBack) {
  LakeCommit rows = points(2, 3);
  rows.samples.add(1, 9'000'000, no_value, status::bad_sensor_failure, 9'500'000);
  rows.signals = {{0, "plant", "engine-001", "T24", "degR", "temperature"},
                  {1, "plant", "engine-001", "Ps30", "psia", ""}};
  rows.decisions.push_back({.decision_id = "d1",
                            .time_us = 5,
                            .site = "plant",
                            .asset = "engine-001",
                            .device = "edge-1",
                            .use_case = "turbofan",
                            .prediction = 17.5,
                            .advice = "overhaul",
                            .hold = 3,
                            .features = {1.5, no_value, 2.5}});
  rows.work_orders.push_back({.time_us = 7,
                              .site = "plant",
                              .asset = "engine-001",
                              .kind = "overhaul",
                              .clock = 180,
                              .remaining_life = 12,
                              .source = "live"});
  rows.labels.push_back({.time_us = 7, .asset = "engine-001", .label = "remaining_life", .value = 12});
  rows.events.push_back({7, "plant", "engine-001", "gap", "it's {\"a\":1}"});
  rows.kpis.push_back({7, "turbofan", "failures", 0.5, 10});
  const auto id = commit(rows);
  EXPECT_EQ(*lake().snapshot(), id);

  EXPECT_EQ(number("SELECT count(*) FROM samples"), 7);
  const auto bad =
      lake().query("SELECT value, status, source_time, server_time FROM samples WHERE server_time IS NOT NULL");
  ASSERT_TRUE(bad) << bad.error().message;
  EXPECT_EQ(
      to_json(*bad),
      R"({"columns":[{"name":"value","type":"number"},{"name":"status","type":"integer"},)"
      R"({"name":"source_time","type":"time"},{"name":"server_time","type":"time"}],)"
      R"("rows":[[null,2156658688,"1970-01-01T00:00:09.000000Z","1970-01-01T00:00:09.500000Z"]],"truncated":false})");
  const auto decision = lake().query("SELECT features, hold, prediction, clock FROM decisions WHERE decision_id = ?",
                                     {.parameters = {std::string("d1")}});
  ASSERT_TRUE(decision) << decision.error().message;
  const auto features = std::get<std::vector<double>>(decision->rows[0][0]);
  EXPECT_EQ(features[2], 2.5);
  EXPECT_TRUE(std::isnan(features[1]));
  EXPECT_TRUE(std::isnan(decision->number(0, 3)));
  EXPECT_EQ(number("SELECT prediction FROM predictions"), 17.5);
  EXPECT_EQ(number("SELECT remaining_life FROM work_orders"), 12);
  EXPECT_EQ(number("SELECT value FROM labels"), 12);
  EXPECT_EQ(number("SELECT n FROM kpis"), 10);
  EXPECT_EQ(number("SELECT count(*) FROM events WHERE detail = 'it''s {\"a\":1}'"), 1);
  const auto signals = lake().signals();
  ASSERT_TRUE(signals) << signals.error().message;
  EXPECT_EQ(signals->at(1).signal, "Ps30");
}

TEST_F(DuckDbLakeTest, SurvivesReopenAndMaintenanceWithItsVersionsAndMarks) {
  const auto first = commit(points(10, 5), R"({"gateway":{"epoch":"e","ranges":[[1,2]]}})");
  for (int i = 0; i < 6; ++i) commit(points(10, 60, (i + 10) * 100'000'000ll), i == 2 ? R"({"gateway":3})" : "");
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 3'650);
  const auto before = lake().size();
  ASSERT_TRUE(before) << before.error().message;
  const auto maintained = lake().maintain({.keep = {first}, .expire_before_us = 4'000'000'000'000'000});
  ASSERT_TRUE(maintained) << maintained.error().message;
  EXPECT_LT(lake().size()->files, before->files);

  lake_.reset();
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 3'650);
  EXPECT_EQ(number("SELECT count(*) FROM samples AT (VERSION => " + std::to_string(first) + ")"), 50);
  EXPECT_FALSE(lake().query("SELECT count(*) FROM samples AT (VERSION => " + std::to_string(first + 1) + ")"))
      << "expired";
  const auto marks = lake().recover_marks();
  ASSERT_TRUE(marks) << marks.error().message;
  EXPECT_EQ(*marks, R"({"gateway":3})") << "the newest marks stay, though their snapshot is old";
  commit(points(1, 1));
  EXPECT_EQ(*lake().recover_marks(), R"({"gateway":3})") << "a commit without marks does not hide them";
}

TEST_F(DuckDbLakeTest, ScansRowsOfAnAssetTogetherAndInTime) {
  LakeCommit rows = points(4, 3'000);
  rows.signals = {
      {0, "s", "b", "x", "", ""}, {1, "s", "a", "x", "", ""}, {2, "s", "a", "y", "", ""}, {3, "s", "b", "y", "", ""}};
  const auto id = commit(rows);
  commit(points(4, 10, 99'000'000'000));
  std::vector<std::int32_t> ids;
  TimeUs last_us = 0;
  const auto scanned = lake().scan({.snapshot = id}, [&](const ScanBlock& block) -> Result<void> {
    for (std::size_t i = 0; i < block.signal_id.size(); ++i) {
      if (ids.size() == 6'000) last_us = 0;
      EXPECT_GE(block.source_time_us[i], last_us);
      last_us = block.source_time_us[i];
      ids.push_back(block.signal_id[i]);
    }
    return {};
  });
  ASSERT_TRUE(scanned) << scanned.error().message;
  ASSERT_EQ(ids.size(), 12'000u);
  EXPECT_EQ((std::vector(ids.begin(), ids.begin() + 4)), (std::vector<std::int32_t>{1, 2, 1, 2}));
  EXPECT_EQ((std::vector(ids.end() - 4, ids.end())), (std::vector<std::int32_t>{0, 3, 0, 3}));
  std::size_t some = 0;
  ASSERT_TRUE(lake().scan({.signal_ids = {2}, .from_us = 1'000'000, .to_us = 11'000'000},
                          [&](const ScanBlock& block) -> Result<void> {
                            some += block.value.size();
                            return {};
                          }));
  EXPECT_EQ(some, 10u);
}

TEST_F(DuckDbLakeTest, EachCommitCarriesAnIdBesideItsMarks) {
  const LakeCommit rows{.events = {{.time_us = 1, .kind = "x"}}};
  for (const auto* marks : {"", R"({"plant/gateway":{"epoch":"e","ranges":"1-2"}})"}) {
    ASSERT_TRUE(lake().commit(rows, "", "", marks));
    EXPECT_EQ(*lake().recover_marks(), marks);
  }
  EXPECT_EQ(number("SELECT count(DISTINCT commit_extra_info->>'commit') FROM "
                   "__ducklake_metadata_lake.ducklake_snapshot_changes WHERE commit_extra_info <> '' AND "
                   "length(commit_extra_info->>'commit') = 32"),
            2);
}

TEST_F(DuckDbLakeTest, RefusesWhatDoesNotRead) {
  commit(points(2, 2));
  for (const auto* sql :
       {"DELETE FROM samples", "DROP TABLE samples", "CREATE TABLE x(a INT)", "COPY samples TO 'x.csv'",
        "ATTACH 'x.db'", "SET memory_limit='9GB'", "CALL ducklake_expire_snapshots('lake', older_than => now())",
        "EXPLAIN ANALYZE DELETE FROM samples", "EXPLAIN ANALYZE SELECT 1", "EXPLAIN (ANALYZE) SELECT 1",
        "INSTALL httpfs", "SELECT * FROM '/etc/passwd.csv'", "SELECT * FROM U&\"qu\\0065ry\"('SELECT 1')"}) {
    const auto result = lake().query(sql);
    ASSERT_FALSE(result) << sql;
    EXPECT_TRUE(result.error().code == ErrorCode::permission_denied ||
                result.error().code == ErrorCode::invalid_argument)
        << sql << ": " << to_string(result.error().code) << ": " << result.error().message;
  }
  EXPECT_EQ(lake().query("SELECT 1; DELETE FROM samples").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(lake().query("SELEKT 1").error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(number("SELECT count(*) FROM samples"), 4);
  EXPECT_TRUE(lake().query("DESCRIBE samples"));
  EXPECT_TRUE(lake().query("SHOW TABLES"));
  EXPECT_TRUE(lake().query("EXPLAIN SELECT 1"));
  const auto odd = lake().query(
      "SELECT 1.5::DECIMAL(9,2) AS \"d\"\"q\", DATE '2026-01-02' AS day, [1,2] AS l, 3::HUGEINT AS h -- end");
  ASSERT_TRUE(odd) << odd.error().message;
  EXPECT_EQ(odd->columns[0], "d\"q");
  EXPECT_EQ(odd->number(0, 0), 1.5);
  EXPECT_EQ(odd->text(0, 1), "2026-01-02");
  EXPECT_EQ(odd->text(0, 2), "[1, 2]");
  EXPECT_EQ(odd->number(0, 3), 3);
}

TEST_F(DuckDbLakeTest, RefusesFunctionsThatOpenFilesOrRunTextHoweverTheyAreSpelled) {
  const auto catalog = (folder_ / "lake" / "catalog.sqlite").string();  // any SQLite file
  const auto scan = "sqlite_scan('" + catalog + "', 'ducklake_table')";
  const auto in_text = "('SELECT * FROM sqlite'||'_scan(''" + catalog + "'',''ducklake_table'')')";
  for (const auto& sql : std::vector<std::string>{
           "SELECT * FROM " + scan,
           "SELECT * FROM \"sqlite_scan\"('" + catalog + "', 'ducklake_table')",
           "SELECT * FROM SQLite_Scan/**/('" + catalog + "', 'ducklake_table')",
           "WITH x AS (FROM " + scan + ") SELECT * FROM x",
           "SELECT (SELECT count(*) FROM " + scan + ")",
           "SELECT * FROM samples, LATERAL (FROM " + scan + ") y",
           "EXPLAIN SELECT * FROM " + scan,
           "DESCRIBE SELECT * FROM " + scan,
           "SUMMARIZE FROM " + scan,
           "SELECT * FROM query" + in_text,
           "SELECT * FROM query/**/" + in_text,
           "SELECT * FROM query -- a comment\n" + in_text,
           "SELECT * FROM query/* outer /* inner */ */" + in_text,
           "SELECT * FROM \"query\"" + in_text,
           "SELECT * FROM \"QUERY\" " + in_text,
           "SELECT * FROM main.query" + in_text,
           "SELECT * FROM system.main.query" + in_text,
           "SELECT * FROM system.main.\"query\"/**/" + in_text,
           "SELECT $$--$$ FROM query/**/" + in_text,
           "SELECT * FROM query_table('samples')",
           "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
           "SELECT json_serialize_plan('SELECT * FROM ' || '" + std::string("sqlite'||'_scan(''x'',''t'')") + "')",
           "SELECT * FROM sqlite_query('lake', 'SELECT 1')",
           "CALL sqlite_attach('" + catalog + "')",
           "SELECT * FROM read_csv('/etc/passwd')",
           "SELECT * FROM read_text/**/('/etc/passwd')",
           "SELECT * FROM glob('/etc/*')",
           "SELECT * FROM ducklake_cleanup_old_files('lake', cleanup_all => true)",
           "SELECT sleep_ms(1)"}) {
    const auto result = lake().query(sql);
    ASSERT_FALSE(result) << sql;
    EXPECT_EQ(result.error().code, ErrorCode::permission_denied) << sql << ": " << result.error().message;
  }
}

TEST_F(DuckDbLakeTest, ReadsWhatOnlyLooksLikeARefusedFunction) {
  commit(points(2, 2));
  for (const auto* sql :
       {"SELECT 'sqlite_scan(''x'')' AS \"query(\"", "SELECT count(*) /* query( */ FROM samples -- getenv",
        "WITH query AS (SELECT 1 AS \"analyze\") SELECT \"analyze\" FROM query", "EXPLAIN SELECT 1 AS \"analyze\"",
        "  explain\nFROM samples", "SUMMARIZE samples", "SHOW ALL TABLES", "FROM range(3)",
        "SELECT * FROM ducklake_snapshots('lake')", "SELECT * FROM samples AT (VERSION => 2)",
        "SELECT table_name FROM information_schema.tables", "SELECT * FROM json_each('[1]')"}) {
    const auto result = lake().query(sql);
    EXPECT_TRUE(result) << sql << ": " << result.error().message;
  }
}

TEST_F(DuckDbLakeTest, LimitsRowsAndTime) {
  const auto cut = lake().query("SELECT * FROM range(100)", {.row_limit = 10});
  ASSERT_TRUE(cut) << cut.error().message;
  EXPECT_EQ(cut->rows.size(), 10u);
  EXPECT_TRUE(cut->truncated);
  const auto slow = lake().query("SELECT count(*) FROM range(1000000) a, range(1000000) b", {.time_limit_us = 50'000});
  ASSERT_FALSE(slow);
  EXPECT_EQ(slow.error().code, ErrorCode::timed_out) << slow.error().message;
}

TEST_F(DuckDbLakeTest, ReadersSeeWholeCommitsWhileTheWriterWorks) {
  commit(points(10, 30));
  std::thread writer([&] {
    for (int i = 1; i < 20; ++i) commit(points(10, 30, i * 1'000'000'000ll));
  });
  for (double rows = 0; rows < 6'000;) {
    rows = number("SELECT count(*) FROM samples");
    ASSERT_EQ(std::fmod(rows, 300), 0);
  }
  writer.join();
}

TEST_F(DuckDbLakeTest, NamesTheFolderWhereAnExtensionIsMissing) {
  const auto opened = open_duckdb_lake({.folder = folder_ / "lake", .extension_folder = "/nowhere"});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::not_found);
  EXPECT_NE(opened.error().message.find("/nowhere/ducklake.duckdb_extension"), std::string::npos)
      << opened.error().message;
}

}  // namespace
}  // namespace millrace
