#include "spool/sqlite/database.hpp"

#include <fmt/format.h>

#include <cstring>

namespace millrace::sqlite {

Error database_error(sqlite3* database, std::string_view doing, std::string_view path) {
  auto code = database != nullptr ? sqlite3_errcode(database) : SQLITE_NOMEM;
  auto number = database != nullptr ? sqlite3_system_errno(database) : 0;
  const auto* text = database != nullptr ? sqlite3_errmsg(database) : "out of memory";
  // A full disk is SQLITE_FULL; a quota or a limit on file sizes is a failed write whose errno SQLite does not keep.
  if (code == SQLITE_FULL || (database != nullptr && sqlite3_extended_errcode(database) == SQLITE_IOERR_WRITE)) {
    return {ErrorCode::exhausted,
            fmt::format("{} {}: no room on the disk ({}); free some, nothing is damaged", doing, path, text)};
  }
  switch (code) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::corrupt, fmt::format("{} {}: the file is damaged ({})", doing, path, text)};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, fmt::format("{} {}: another process uses it; stop that one first", doing, path)};
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
      return {ErrorCode::permission_denied, fmt::format("{} {}: {} ({}); is the folder there and writable?", doing,
                                                        path, text, std::strerror(number))};
    default:
      return {ErrorCode::unavailable, fmt::format("{} {}: {} ({})", doing, path, text, std::strerror(number))};
  }
}

Result<Connection> Connection::open(const std::filesystem::path& path) {
  Connection connection;
  auto code = sqlite3_open_v2(path.c_str(), &connection.handle_,
                              SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return fail(database_error(connection.handle_, "opening", path.string()));
  return connection;
}

Result<void> Connection::execute(const char* sql, std::string_view path) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return fail(database_error(handle_, "writing to", path));
}

Result<Statement> Statement::prepare(const Connection& connection, const char* sql, std::string_view path) {
  Statement statement;
  if (sqlite3_prepare_v3(connection.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement.handle_, nullptr) ==
      SQLITE_OK) {
    return statement;
  }
  return fail(database_error(connection.handle(), "writing to", path));
}

}  // namespace millrace::sqlite
