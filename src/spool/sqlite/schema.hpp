#pragma once

namespace millrace::sqlite {

/// What a spool's file holds. WAL with synchronous=FULL: a commit that returned survives power loss. EXCLUSIVE: one
/// process, and no shared memory file.
inline constexpr const char* spool_schema = R"sql(
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA cache_size = -1024;
  BEGIN IMMEDIATE;
  CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS marks(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batches(
    number INTEGER PRIMARY KEY, created_us INTEGER NOT NULL, points INTEGER NOT NULL, crc INTEGER NOT NULL,
    topic TEXT NOT NULL, payload BLOB NOT NULL);
  DROP TABLE IF EXISTS gaps;
  COMMIT;
)sql";

}  // namespace millrace::sqlite
