#include "lake/duckdb/connection.hpp"

#include <duckdb.h>
#include <fmt/format.h>

#include <filesystem>
#include <utility>

namespace millrace::duck {
namespace {

constexpr std::pair<std::string_view, ErrorCode> message_codes[] = {
    {"No space left on device", ErrorCode::exhausted},
    {"disk is full", ErrorCode::exhausted},
    {"File too large", ErrorCode::exhausted},
    {"Disk quota exceeded", ErrorCode::exhausted},
    {"Out of Memory", ErrorCode::exhausted},
    {"INTERRUPT", ErrorCode::timed_out},
    {"Permission Error", ErrorCode::permission_denied},
    {"read-only mode", ErrorCode::permission_denied},
    {"Parser Error", ErrorCode::invalid_argument},
    {"Binder Error", ErrorCode::invalid_argument},
    {"Catalog Error", ErrorCode::invalid_argument},
    {"Conversion Error", ErrorCode::invalid_argument},
    {"Out of Range Error", ErrorCode::invalid_argument},
    {"Invalid Input Error", ErrorCode::invalid_argument},
    {"IO Error", ErrorCode::unavailable},
    {"disk I/O error", ErrorCode::unavailable},
    {"database is locked", ErrorCode::unavailable},
};

}  // namespace

std::string sql_quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

Error to_error(std::string_view message) {
  for (const auto& [words, code] : message_codes) {
    if (message.find(words) != std::string_view::npos) return {code, std::string(message)};
  }
  return {ErrorCode::internal, std::string(message)};
}

Connection::~Connection() {
  if (handle_ != nullptr) duckdb_disconnect(&handle_);
}

Result<void> Connection::execute(const std::string& sql) const {
  duckdb_result result;
  const auto state = duckdb_query(handle_, sql.c_str(), &result);
  std::string message;
  if (state != DuckDBSuccess) message = duckdb_result_error(&result);
  duckdb_destroy_result(&result);
  if (state != DuckDBSuccess) return fail(to_error(message));
  return {};
}

Result<Engine> Engine::open(const EngineOptions& options) {
  duckdb_config config = nullptr;
  duckdb_create_config(&config);
  duckdb_set_config(config, "threads", std::to_string(options.threads).c_str());
  duckdb_set_config(config, "memory_limit", options.memory_limit.c_str());
  duckdb_set_config(config, "temp_directory", options.temporary_folder.c_str());
  duckdb_set_config(config, "autoinstall_known_extensions", "false");
  duckdb_set_config(config, "autoload_known_extensions", "false");
  duckdb_database database = nullptr;
  char* message = nullptr;
  const auto state = duckdb_open_ext(nullptr, &database, config, &message);
  duckdb_destroy_config(&config);
  if (state != DuckDBSuccess) {
    const auto error = to_error(message != nullptr ? message : "unknown reason").with_context("opening DuckDB");
    duckdb_free(message);
    return fail(error);
  }
  Engine engine(database);
  TRY_ASSIGN(auto connection, engine.connect());
  for (const auto* name : {"ducklake", "sqlite_scanner"}) {
    const auto path = std::filesystem::path(options.extension_folder) / fmt::format("{}.duckdb_extension", name);
    std::error_code missing;
    if (!std::filesystem::exists(path, missing)) {
      return fail(
          ErrorCode::not_found,
          fmt::format("the DuckDB extension {} is missing; run scripts/bootstrap, or set lake.extensions to the "
                      "folder that holds it (its version must be {})",
                      path.string(), duckdb_library_version()));
    }
    if (auto loaded = connection.execute("LOAD " + sql_quote(path.string())); !loaded) {
      return fail(loaded.error().with_context("loading " + path.string()));
    }
  }
  return engine;
}

Engine::~Engine() {
  if (handle_ != nullptr) duckdb_close(&handle_);
}

Result<Connection> Engine::connect() const {
  duckdb_connection connection = nullptr;
  if (duckdb_connect(handle_, &connection) != DuckDBSuccess) {
    return fail(ErrorCode::internal, "DuckDB gave no connection");
  }
  return Connection(connection);
}

}  // namespace millrace::duck
