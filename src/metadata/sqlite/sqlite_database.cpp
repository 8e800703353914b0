#include "metadata/sqlite/sqlite_database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <map>

namespace millrace {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_CONSTRAINT:
      return sqlite_code == SQLITE_CONSTRAINT_PRIMARYKEY || sqlite_code == SQLITE_CONSTRAINT_UNIQUE
                 ? ErrorCode::already_exists
                 : ErrorCode::invalid_argument;
    case SQLITE_FULL:
      return ErrorCode::exhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      return ErrorCode::unavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorCode::permission_denied;
    default:
      return ErrorCode::internal;
  }
}

DatabaseValue value_of(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_NULL:
      return std::monostate{};
    default:
      return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
                         static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
  }
}

struct BindValue {
  sqlite3_stmt* statement;
  int index;
  int operator()(std::monostate) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
  int operator()(const std::string& value) const {
    return sqlite3_bind_text64(statement, index, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
};

class SqliteDatabase final : public Database {
 public:
  explicit SqliteDatabase(sqlite3* handle) : handle_(handle) {}

  Result<std::int64_t> execute(std::string_view sql, const std::vector<DatabaseValue>& parameters) override {
    TRY(run(sql, parameters, [](sqlite3_stmt*) {}));
    return std::int64_t{sqlite3_changes(handle_.get())};
  }

  Result<std::vector<DatabaseRow>> query(std::string_view sql, const std::vector<DatabaseValue>& parameters) override {
    std::vector<DatabaseRow> rows;
    TRY(run(sql, parameters, [&](sqlite3_stmt* statement) {
      std::vector<DatabaseValue> values;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) values.push_back(value_of(statement, i));
      rows.emplace_back(std::move(values));
    }));
    return rows;
  }

  Result<void> execute_script(std::string_view sql) override {
    if (sqlite3_exec(handle_.get(), std::string(sql).c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return error(sql);
    return {};
  }

  Result<void> transaction(const std::function<Result<void>()>& work) override {
    if (in_transaction_) return work();
    TRY(execute_script("BEGIN IMMEDIATE"));
    in_transaction_ = true;
    auto outcome = work();
    if (outcome) outcome = execute_script("COMMIT");
    if (!outcome)
      (void)execute_script("ROLLBACK");  // the first error is the one to tell; some errors rolled back already
    in_transaction_ = false;
    return outcome;
  }

 private:
  [[nodiscard]] tl::unexpected<Error> error(std::string_view sql) const {
    return fail(code_of(sqlite3_extended_errcode(handle_.get())),
                fmt::format("metadata database: {} (in: {})", sqlite3_errmsg(handle_.get()), sql.substr(0, 120)));
  }

  Result<sqlite3_stmt*> prepared(std::string_view sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) return found->second.get();
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK) {
      return error(sql);
    }
    return statements_.emplace(std::string(sql), Statement(statement)).first->second.get();
  }

  template <typename EachRow>
  Result<void> run(std::string_view sql, const std::vector<DatabaseValue>& parameters, EachRow each) {
    TRY_ASSIGN(sqlite3_stmt* const statement, prepared(sql));
    if (sqlite3_bind_parameter_count(statement) != static_cast<int>(parameters.size())) {
      return fail(ErrorCode::internal,
                  fmt::format("metadata database: {} parameters given, {} wanted (in: {})", parameters.size(),
                              sqlite3_bind_parameter_count(statement), sql.substr(0, 120)));
    }
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      std::visit(BindValue{statement, static_cast<int>(i) + 1}, parameters[i]);
    }
    int state = SQLITE_ROW;
    while ((state = sqlite3_step(statement)) == SQLITE_ROW) each(statement);
    Result<void> outcome;
    if (state != SQLITE_DONE) outcome = error(sql);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return outcome;
  }

  std::unique_ptr<sqlite3, CloseDatabase> handle_;
  std::map<std::string, Statement, std::less<>> statements_;
  bool in_transaction_ = false;
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite_database(const std::filesystem::path& path) {
  const bool in_memory = path.empty();
  if (!in_memory) {
    std::error_code ignored;
    std::filesystem::create_directories(path.parent_path(), ignored);
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);  // SQLite itself would make it 0644
    if (file >= 0) ::close(file);
  }
  sqlite3* handle = nullptr;
  const int state = sqlite3_open_v2(in_memory ? ":memory:" : path.c_str(), &handle,
                                    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  auto database = std::make_unique<SqliteDatabase>(handle);
  if (state != SQLITE_OK) {
    return fail(code_of(state),
                fmt::format("cannot open the metadata database {}: {}", path.string(), sqlite3_errstr(state)));
  }
  sqlite3_busy_timeout(handle, 5'000);
  const auto prepared =
      database->execute_script("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;");
  if (!prepared) return fail(prepared.error().with_context(path.string()));
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace millrace
