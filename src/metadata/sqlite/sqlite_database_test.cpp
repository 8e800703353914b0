#include "metadata/sqlite/sqlite_database.hpp"

#include "metadata/migrations.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

namespace millrace {
namespace {

std::unique_ptr<Database> memory_database() {
  auto opened = open_sqlite_database({});
  EXPECT_TRUE(opened) << opened.error().message;
  return std::move(*opened);
}

/// Tables, columns and indexes as SQLite sees them, without comments and layout.
std::vector<std::string> structure(Database& database) {
  std::vector<std::string> lines;
  const auto columns = database.query(
      "SELECT m.name, c.name, c.type, c.\"notnull\", c.pk FROM sqlite_master m, pragma_table_info(m.name) c "
      "WHERE m.type = 'table' AND m.name <> 'schema_migrations' ORDER BY 1, c.cid");
  for (const auto& row : *columns) {
    lines.push_back(row.text(0) + "." + row.text(1) + " " + row.text(2) + " " + std::to_string(row.integer(3)) +
                    std::to_string(row.integer(4)));
  }
  const auto indexes =
      database.query("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY 1");
  for (const auto& row : *indexes) lines.push_back(row.text(0) + ": " + row.text(1));
  return lines;
}

TEST(Migrations, AnUpToDateSchemaIsLeftAsItIs) {
  const auto database = memory_database();
  ASSERT_TRUE(migrate(*database, 1));
  const auto once = structure(*database);
  ASSERT_TRUE(migrate(*database, 2));
  EXPECT_EQ(structure(*database), once);
  EXPECT_FALSE(once.empty());
}

TEST(Migrations, AreNumberedWithoutHolesAndNeverEdited) {
  std::int64_t number = 0;
  for (const auto& step : all_migrations()) EXPECT_EQ(step.number, ++number) << step.name;
  const auto database = memory_database();
  const Migration first{1, "start", "CREATE TABLE a (b BIGINT)"}, edited{1, "start", "CREATE TABLE a (b TEXT)"};
  const Migration second[] = {first, {2, "more", "CREATE TABLE c (d BIGINT); broken"}};
  ASSERT_TRUE(migrate(*database, 1, {&first, 1}));
  EXPECT_EQ(migrate(*database, 1, {&edited, 1}).error().code, ErrorCode::corrupt);
  EXPECT_EQ(migrate(*database, 1, {}).error().code, ErrorCode::failed_precondition);
  EXPECT_NE(migrate(*database, 1, second).error().message.find("schema step 2 (more)"), std::string::npos);
  EXPECT_EQ(database->query("SELECT name FROM sqlite_master WHERE name = 'c'")->size(), 0u)
      << "a step is done whole or not at all";
}

TEST(SqliteDatabase, KeepsTypesAndTellsTakenKeys) {
  const auto database = memory_database();
  ASSERT_TRUE(database->execute_script("CREATE TABLE t (a BIGINT PRIMARY KEY, b DOUBLE PRECISION, c TEXT)"));
  EXPECT_EQ(
      *database->execute("INSERT INTO t VALUES (?, ?, ?)", {std::int64_t{1} << 60, 0.1, std::string("it's\0x", 6)}), 1);
  ASSERT_TRUE(database->execute("INSERT INTO t VALUES (?, ?, ?)", {std::int64_t{2}, {}, {}}));
  const auto rows = database->query("SELECT a, b, c FROM t ORDER BY a");
  ASSERT_TRUE(rows) << rows.error().message;
  EXPECT_TRUE((*rows)[0].is_null(1));
  EXPECT_EQ((*rows)[1].integer(0), std::int64_t{1} << 60);
  EXPECT_EQ((*rows)[1].real(1), 0.1);
  EXPECT_EQ((*rows)[1].text(2), std::string("it's\0x", 6));
  EXPECT_EQ(database->execute("INSERT INTO t VALUES (?, NULL, NULL)", {std::int64_t{2}}).error().code,
            ErrorCode::already_exists);
  EXPECT_EQ(database->execute("INSERT INTO t VALUES (?, NULL, NULL)").error().code, ErrorCode::internal);
  EXPECT_FALSE(database->query("SELECT nothing FROM nowhere"));
}

TEST(SqliteDatabase, RollsBackAFailedTransactionAndJoinsAnOuterOne) {
  const auto database = memory_database();
  ASSERT_TRUE(database->execute_script("CREATE TABLE t (a BIGINT)"));
  const auto insert = [&]() -> Result<void> {
    TRY(database->execute("INSERT INTO t VALUES (1)"));
    return {};
  };
  EXPECT_FALSE(database->transaction([&]() -> Result<void> {
    TRY(database->transaction(insert));
    return fail(ErrorCode::internal, "no");
  }));
  EXPECT_EQ((*database->query("SELECT count(*) FROM t"))[0].integer(0), 0);
  EXPECT_TRUE(database->transaction(insert));
  EXPECT_EQ((*database->query("SELECT count(*) FROM t"))[0].integer(0), 1);
}

TEST(SqliteDatabase, IsASecretFileAndSurvivesReopening) {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-metadata-XXXXXX").string();
  ASSERT_NE(mkdtemp(pattern.data()), nullptr);
  const auto path = std::filesystem::path(pattern) / "deep" / "metadata.sqlite";
  for (int i = 0; i < 2; ++i) {
    const auto database = open_sqlite_database(path);
    ASSERT_TRUE(database) << database.error().message;
    ASSERT_TRUE(migrate(**database, 1));
    ASSERT_TRUE(
        (*database)->execute("INSERT INTO sessions (secret_sha256, expires_us) VALUES (?, 1)", {std::to_string(i)}));
    EXPECT_EQ((*(*database)->query("SELECT count(*) FROM sessions"))[0].integer(0), i + 1);
  }
  struct stat info{};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(open_sqlite_database("/proc/nowhere/x.sqlite").error().code, ErrorCode::unavailable);
  std::filesystem::remove_all(pattern);
}

}  // namespace
}  // namespace millrace
