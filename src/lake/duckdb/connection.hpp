#pragma once

#include "base/result.hpp"
#include "lake/lake.hpp"

#include <string>
#include <string_view>

// duckdb.h's handle types, so that the header stays out of ours.
struct _duckdb_connection;
struct _duckdb_database;

namespace millrace::duck {

/// `text` as an SQL literal with its quotes.
std::string sql_quote(std::string_view text);

/// DuckDB's message, sorted into our codes ("No space left" is `exhausted`, a parser error is `invalid_argument`, ...).
Error to_error(std::string_view message);

/// One session. Use it from one thread at a time.
class Connection {
 public:
  explicit Connection(_duckdb_connection* handle) : handle_(handle) {}
  ~Connection();
  Connection(Connection&& other) noexcept : handle_(other.handle_) { other.handle_ = nullptr; }
  Connection& operator=(Connection&&) = delete;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] _duckdb_connection* handle() const { return handle_; }
  /// Runs SQL of our own making; results are thrown away.
  Result<void> execute(const std::string& sql) const;
  /// Runs one statement and reads its rows. `guard` lets only statements pass that read (see Lake::query).
  [[nodiscard]] Result<QueryResult> query(const std::string& sql, const QueryOptions& options = {},
                                          bool guard = false) const;
  /// Runs a SELECT of (INTEGER, BIGINT, DOUBLE, UINTEGER) and hands on the pieces of its answer.
  Result<void> scan(const std::string& sql, const std::function<Result<void>(const ScanBlock&)>& each) const;

 private:
  _duckdb_connection* handle_;
};

struct EngineOptions {
  std::string memory_limit = "512MB";
  int threads = 1;
  std::string temporary_folder;
  std::string extension_folder;  ///< holds ducklake.duckdb_extension and sqlite_scanner.duckdb_extension
};

/// One engine in memory with the extensions loaded from files; nothing is ever fetched from the network.
class Engine {
 public:
  static Result<Engine> open(const EngineOptions& options);
  ~Engine();
  Engine(Engine&& other) noexcept : handle_(other.handle_) { other.handle_ = nullptr; }
  Engine& operator=(Engine&&) = delete;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  [[nodiscard]] Result<Connection> connect() const;

 private:
  explicit Engine(_duckdb_database* handle) : handle_(handle) {}
  _duckdb_database* handle_;
};

}  // namespace millrace::duck
