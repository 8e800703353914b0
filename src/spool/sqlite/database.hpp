#pragma once

#include "base/result.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

namespace millrace::sqlite {

/// `exhausted` when the disk is full, `corrupt` when the file is damaged, `unavailable` when another process has it.
Error database_error(sqlite3* database, std::string_view doing, std::string_view path);

/// Owns a connection.
class Connection {
 public:
  Connection() = default;
  ~Connection() { sqlite3_close_v2(handle_); }
  Connection(Connection&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Connection& operator=(Connection&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  static Result<Connection> open(const std::filesystem::path& path);
  Result<void> execute(const char* sql, std::string_view path);
  [[nodiscard]] sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

/// A prepared statement; bind from 1, then step row by row or run to the end. Bound bytes must live until the run.
class Statement {
 public:
  Statement() = default;
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  static Result<Statement> prepare(const Connection& connection, const char* sql, std::string_view path);

  Statement& bind(int index, std::int64_t value) {
    sqlite3_bind_int64(handle_, index, value);
    return *this;
  }
  Statement& bind_text(int index, std::string_view value) {
    sqlite3_bind_text64(handle_, index, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
    return *this;
  }
  Statement& bind_blob(int index, std::string_view value) {
    sqlite3_bind_blob64(handle_, index, value.data() != nullptr ? value.data() : "", value.size(), SQLITE_STATIC);
    return *this;
  }
  /// True: a row is there. False: the end, or an error, which `reset` tells.
  bool step() { return sqlite3_step(handle_) == SQLITE_ROW; }
  /// Makes the statement ready again; false when the last run failed.
  bool reset() { return sqlite3_reset(handle_) == SQLITE_OK; }
  bool run() {
    while (step()) {
    }
    return reset();
  }
  [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(handle_, column); }
  [[nodiscard]] std::string_view bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_, column));
    return {data != nullptr ? data : "", static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
  }

 private:
  sqlite3_stmt* handle_ = nullptr;
};

}  // namespace millrace::sqlite
