#include "lake/duckdb/row_appender.hpp"

#include "lake/duckdb/connection.hpp"

#include <duckdb.h>

#include <cmath>

namespace millrace::duck {

RowAppender::RowAppender(_duckdb_connection* connection, const char* table) : table_(table) {
  check(duckdb_appender_create_ext(connection, "lake", "main", table, &handle_));
}

RowAppender::~RowAppender() {
  if (handle_ == nullptr) return;
  if (failed_) duckdb_appender_clear(handle_);
  duckdb_appender_destroy(&handle_);
}

void RowAppender::check(int state) {
  if (state == DuckDBSuccess || failed_) return;
  failed_ = true;
  const char* why = handle_ != nullptr ? duckdb_appender_error(handle_) : nullptr;
  error_ = why != nullptr ? why : "unknown reason";
}

RowAppender& RowAppender::text(const std::string& value) {
  if (!failed_) {
    check(value.empty() ? duckdb_append_null(handle_)
                        : duckdb_append_varchar_length(handle_, value.data(), value.size()));
  }
  return *this;
}

RowAppender& RowAppender::number(double value) {
  if (!failed_) check(std::isnan(value) ? duckdb_append_null(handle_) : duckdb_append_double(handle_, value));
  return *this;
}

RowAppender& RowAppender::integer(std::int64_t value) {
  if (!failed_) check(duckdb_append_int64(handle_, value));
  return *this;
}

RowAppender& RowAppender::time(TimeUs value_us) {
  if (!failed_) check(value_us == 0 ? duckdb_append_null(handle_) : duckdb_append_timestamp(handle_, {value_us}));
  return *this;
}

RowAppender& RowAppender::numbers(const std::vector<double>& values) {
  if (failed_) return *this;
  if (values.empty()) {
    check(duckdb_append_null(handle_));
    return *this;
  }
  std::vector<duckdb_value> cells;
  cells.reserve(values.size());
  for (const double value : values)
    cells.push_back(std::isnan(value) ? duckdb_create_null_value() : duckdb_create_double(value));
  duckdb_logical_type type = duckdb_create_logical_type(DUCKDB_TYPE_DOUBLE);
  duckdb_value list = duckdb_create_list_value(type, cells.data(), cells.size());
  check(duckdb_append_value(handle_, list));
  duckdb_destroy_value(&list);
  duckdb_destroy_logical_type(&type);
  for (auto& cell : cells) duckdb_destroy_value(&cell);
  return *this;
}

void RowAppender::end_row() {
  if (!failed_) check(duckdb_appender_end_row(handle_));
}

Result<void> RowAppender::finish() {
  if (!failed_) check(duckdb_appender_close(handle_));
  if (failed_) return fail(to_error(error_).with_context("appending to " + table_));
  return {};
}

}  // namespace millrace::duck
