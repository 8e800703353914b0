#include "base/time.hpp"
#include "lake/duckdb/connection.hpp"
#include "lake/duckdb/guard.hpp"

#include <duckdb.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cmath>

namespace millrace::duck {
namespace {

/// Frees a duckdb_x handle by its duckdb_destroy_x.
template <typename Handle, void (*destroy)(Handle*)>
struct Owned {
  Handle handle = nullptr;
  Owned() = default;
  explicit Owned(Handle h) : handle(h) {}
  ~Owned() { destroy(&handle); }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
};
using Statement = Owned<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Extracted = Owned<duckdb_extracted_statements, duckdb_destroy_extracted>;
using Pending = Owned<duckdb_pending_result, duckdb_destroy_pending>;
using Chunk = Owned<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using LogicalType = Owned<duckdb_logical_type, duckdb_destroy_logical_type>;
struct Answer {
  duckdb_result handle{};
  ~Answer() { duckdb_destroy_result(&handle); }
};

Error timed_out() { return {ErrorCode::timed_out, "the query ran longer than its time limit; ask for less"}; }

std::int64_t monotonic_us() { return SystemClock().monotonic_us(); }

/// Takes the text apart and binds nothing yet.
Result<void> extract(duckdb_connection connection, const std::string& sql, Extracted& extracted) {
  const auto count = duckdb_extract_statements(connection, sql.c_str(), &extracted.handle);
  if (count == 0) {
    const char* why = duckdb_extract_statements_error(extracted.handle);
    return fail(ErrorCode::invalid_argument, why != nullptr && *why != '\0' ? why : "the SQL text holds no statement");
  }
  if (count > 1)
    return fail(ErrorCode::invalid_argument,
                fmt::format("the SQL text holds {} statements; send one at a time", count));
  return {};
}

Result<void> prepare(duckdb_connection connection, const Extracted& extracted, Statement& statement) {
  if (duckdb_prepare_extracted_statement(connection, extracted.handle, 0, &statement.handle) != DuckDBSuccess) {
    return fail(to_error(duckdb_prepare_error(statement.handle)));
  }
  return {};
}

Result<void> prepare(duckdb_connection connection, const std::string& sql, Statement& statement) {
  Extracted extracted;
  TRY(extract(connection, sql, extracted));
  return prepare(connection, extracted, statement);
}

enum class Reading { boolean, integer, number, text, time, numbers, other };

Reading reading_of(duckdb_prepared_statement statement, idx_t column) {
  switch (duckdb_prepared_statement_column_type(statement, column)) {
    case DUCKDB_TYPE_BOOLEAN:
      return Reading::boolean;
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
      return Reading::integer;
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:
      return Reading::number;
    case DUCKDB_TYPE_VARCHAR:
      return Reading::text;
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return Reading::time;
    case DUCKDB_TYPE_LIST: {
      LogicalType list(duckdb_prepared_statement_column_logical_type(statement, column));
      LogicalType child(duckdb_list_type_child_type(list.handle));
      return duckdb_get_type_id(child.handle) == DUCKDB_TYPE_DOUBLE ? Reading::numbers : Reading::other;
    }
    default:
      return Reading::other;
  }
}

std::string_view name_of(Reading reading) {
  switch (reading) {
    case Reading::boolean:
      return "boolean";
    case Reading::integer:
      return "integer";
    case Reading::number:
      return "number";
    case Reading::time:
      return "time";
    case Reading::numbers:
      return "numbers";
    default:
      return "text";
  }
}

/// The same query with the columns that we cannot carry cast to text (or decimals to numbers).
std::string with_casts(const std::string& sql, duckdb_prepared_statement statement) {
  std::string select = "SELECT ";
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement); ++i) {
    const bool other = reading_of(statement, i) == Reading::other;
    const bool decimal = duckdb_prepared_statement_column_type(statement, i) == DUCKDB_TYPE_DECIMAL;
    std::string name;
    const char* given = duckdb_prepared_statement_column_name(statement, i);
    for (const char* c = given; *c != '\0'; ++c) name += *c == '"' ? std::string("\"\"") : std::string(1, *c);
    duckdb_free(const_cast<char*>(given));
    select += fmt::format("{}#{}{} AS \"{}\"", i > 0 ? ", " : "", i + 1,
                          other ? (decimal ? "::DOUBLE" : "::VARCHAR") : "", name);
  }
  const auto end = sql.find_last_not_of("; \t\r\n");
  return select + " FROM (" + sql.substr(0, end + 1) + "\n)";
}

struct BindCell {
  duckdb_prepared_statement statement;
  idx_t index;
  duckdb_state operator()(std::monostate) const { return duckdb_bind_null(statement, index); }
  duckdb_state operator()(bool value) const { return duckdb_bind_boolean(statement, index, value); }
  duckdb_state operator()(std::int64_t value) const { return duckdb_bind_int64(statement, index, value); }
  duckdb_state operator()(double value) const { return duckdb_bind_double(statement, index, value); }
  duckdb_state operator()(const std::string& value) const {
    return duckdb_bind_varchar_length(statement, index, value.data(), value.size());
  }
  duckdb_state operator()(const std::vector<double>&) const { return DuckDBError; }
};

Result<void> bind(duckdb_prepared_statement statement, const std::vector<QueryCell>& parameters) {
  const auto wanted = duckdb_nparams(statement);
  if (wanted != parameters.size()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the statement has {} parameters, {} were given", wanted, parameters.size()));
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (std::visit(BindCell{statement, i + 1}, parameters[i]) != DuckDBSuccess) {
      return fail(ErrorCode::invalid_argument, fmt::format("parameter {} has a type that cannot be bound", i + 1));
    }
  }
  return {};
}

/// Runs in small steps, so that the deadline can stop it between two. Tasks that other threads of the engine run go on
/// until they are interrupted; throwing the query away before would wait for their end.
Result<void> start(duckdb_connection connection, duckdb_prepared_statement statement, std::int64_t deadline_us,
                   Answer& answer) {
  Pending pending;
  if (duckdb_pending_prepared_streaming(statement, &pending.handle) != DuckDBSuccess) {
    return fail(to_error(duckdb_pending_error(pending.handle)));
  }
  for (;;) {
    const auto state = duckdb_pending_execute_task(pending.handle);
    if (state == DUCKDB_PENDING_ERROR) return fail(to_error(duckdb_pending_error(pending.handle)));
    if (duckdb_pending_execution_is_finished(state)) break;
    if (monotonic_us() > deadline_us) {
      duckdb_interrupt(connection);
      return fail(timed_out());
    }
    // The engine's other threads are at work and tell nobody when they are done: look again in a millisecond.
    if (state == DUCKDB_PENDING_NO_TASKS_AVAILABLE) static_cast<void>(::poll(nullptr, 0, 1));
  }
  if (duckdb_execute_pending(pending.handle, &answer.handle) != DuckDBSuccess) {
    return fail(to_error(duckdb_result_error(&answer.handle)));
  }
  return {};
}

std::string text_at(duckdb_vector vector, idx_t row) {
  auto& text = static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector))[row];
  return {duckdb_string_t_data(&text), duckdb_string_t_length(text)};
}

template <typename T>
T at(duckdb_vector vector, idx_t row) {
  return static_cast<const T*>(duckdb_vector_get_data(vector))[row];
}

QueryCell integer_at(duckdb_vector vector, idx_t row, duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_TINYINT:
      return std::int64_t{at<std::int8_t>(vector, row)};
    case DUCKDB_TYPE_SMALLINT:
      return std::int64_t{at<std::int16_t>(vector, row)};
    case DUCKDB_TYPE_INTEGER:
      return std::int64_t{at<std::int32_t>(vector, row)};
    case DUCKDB_TYPE_UTINYINT:
      return std::int64_t{at<std::uint8_t>(vector, row)};
    case DUCKDB_TYPE_USMALLINT:
      return std::int64_t{at<std::uint16_t>(vector, row)};
    case DUCKDB_TYPE_UINTEGER:
      return std::int64_t{at<std::uint32_t>(vector, row)};
    case DUCKDB_TYPE_UBIGINT: {
      const auto value = at<std::uint64_t>(vector, row);
      if (value > static_cast<std::uint64_t>(INT64_MAX)) return static_cast<double>(value);
      return static_cast<std::int64_t>(value);
    }
    case DUCKDB_TYPE_HUGEINT: {
      const auto value = at<duckdb_hugeint>(vector, row);
      const auto low = static_cast<std::int64_t>(value.lower);
      if (value.upper == (low < 0 ? -1 : 0)) return low;
      return duckdb_hugeint_to_double(value);
    }
    default:
      return at<std::int64_t>(vector, row);
  }
}

QueryCell numbers_at(duckdb_vector vector, idx_t row) {
  const auto entry = at<duckdb_list_entry>(vector, row);
  const duckdb_vector child = duckdb_list_vector_get_child(vector);
  auto* validity = duckdb_vector_get_validity(child);
  std::vector<double> numbers;
  numbers.reserve(entry.length);
  for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
    const bool valid = validity == nullptr || duckdb_validity_row_is_valid(validity, i);
    numbers.push_back(valid ? at<double>(child, i) : no_value);
  }
  return numbers;
}

QueryCell cell_at(duckdb_vector vector, idx_t row, Reading reading, duckdb_type type) {
  auto* validity = duckdb_vector_get_validity(vector);
  if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) return {};
  switch (reading) {
    case Reading::boolean:
      return at<bool>(vector, row);
    case Reading::integer:
      return integer_at(vector, row, type);
    case Reading::number:
      return type == DUCKDB_TYPE_FLOAT ? static_cast<double>(at<float>(vector, row)) : at<double>(vector, row);
    case Reading::time:
      return format_time(at<std::int64_t>(vector, row));
    case Reading::numbers:
      return numbers_at(vector, row);
    default:
      return text_at(vector, row);
  }
}

/// 0 at the end.
Result<idx_t> rows_of(const Chunk& chunk, Answer& answer) {
  if (chunk.handle != nullptr) return duckdb_data_chunk_get_size(chunk.handle);
  const char* why = duckdb_result_error(&answer.handle);
  if (why != nullptr && *why != '\0') return fail(to_error(why));
  return 0;
}

Result<void> read_rows(duckdb_connection connection, Answer& answer, const std::vector<Reading>& readings,
                       const QueryOptions& options, std::int64_t deadline_us, QueryResult& out) {
  for (;;) {
    Chunk chunk(duckdb_fetch_chunk(answer.handle));
    TRY_ASSIGN(const idx_t rows, rows_of(chunk, answer));
    if (rows == 0) return {};
    for (idx_t row = 0; row < rows; ++row) {
      if (out.rows.size() >= options.row_limit) {
        out.truncated = true;
        duckdb_interrupt(connection);  // nobody wants the rest
        return {};
      }
      auto& cells = out.rows.emplace_back();
      cells.reserve(readings.size());
      for (idx_t column = 0; column < readings.size(); ++column) {
        cells.push_back(cell_at(duckdb_data_chunk_get_vector(chunk.handle, column), row, readings[column],
                                duckdb_column_type(&answer.handle, column)));
      }
    }
    if (monotonic_us() > deadline_us) {
      duckdb_interrupt(connection);
      return fail(timed_out());
    }
  }
}

}  // namespace

Result<QueryResult> Connection::query(const std::string& sql, const QueryOptions& options, bool guard) const {
  Extracted extracted;
  Statement first, second;
  TRY(extract(handle_, sql, extracted));
  if (guard) TRY(check_reads_lake(*this, sql));
  TRY(prepare(handle_, extracted, first));
  bool other = false;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(first.handle); ++i) {
    other = other || reading_of(first.handle, i) == Reading::other;
  }
  if (other) TRY(prepare(handle_, with_casts(sql, first.handle), second));
  const auto statement = other ? second.handle : first.handle;
  TRY(bind(statement, options.parameters));

  QueryResult out;
  std::vector<Reading> readings;
  for (idx_t i = 0; i < duckdb_prepared_statement_column_count(statement); ++i) {
    readings.push_back(reading_of(statement, i));
    const char* name = duckdb_prepared_statement_column_name(statement, i);
    out.columns.emplace_back(name);
    duckdb_free(const_cast<char*>(name));
    out.types.emplace_back(name_of(readings.back()));
  }
  const auto deadline_us = monotonic_us() + options.time_limit_us;
  Answer answer;
  TRY(start(handle_, statement, deadline_us, answer));
  if (duckdb_column_count(&answer.handle) !=
      readings.size()) {  // DuckDB does not know the columns before it knows the types
    return fail(ErrorCode::invalid_argument, "the type of a parameter is not clear: cast it, such as ?::VARCHAR");
  }
  TRY(read_rows(handle_, answer, readings, options, deadline_us, out));
  return out;
}

Result<void> Connection::scan(const std::string& sql, const std::function<Result<void>(const ScanBlock&)>& each) const {
  Statement statement;
  TRY(prepare(handle_, sql, statement));
  Answer answer;
  TRY(start(handle_, statement.handle, INT64_MAX, answer));
  for (;;) {
    Chunk chunk(duckdb_fetch_chunk(answer.handle));
    TRY_ASSIGN(const idx_t rows, rows_of(chunk, answer));
    if (rows == 0) return {};
    const auto column = [&](idx_t i) { return duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.handle, i)); };
    auto* values = static_cast<double*>(column(2));
    if (auto* validity = duckdb_vector_get_validity(duckdb_data_chunk_get_vector(chunk.handle, 2))) {
      for (idx_t row = 0; row < rows; ++row) {
        if (!duckdb_validity_row_is_valid(validity, row)) values[row] = no_value;
      }
    }
    const auto taken = each({{static_cast<const std::int32_t*>(column(0)), rows},
                             {static_cast<const TimeUs*>(column(1)), rows},
                             {values, rows},
                             {static_cast<const StatusCode*>(column(3)), rows}});
    if (!taken) {
      duckdb_interrupt(handle_);
      return taken;
    }
  }
}

}  // namespace millrace::duck
