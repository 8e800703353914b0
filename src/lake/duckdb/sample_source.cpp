#include "lake/duckdb/sample_source.hpp"

#include "lake/sort.hpp"

#include <duckdb.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace millrace::duck {
namespace {

constexpr std::pair<const char*, duckdb_type> sample_columns[] = {{"signal_id", DUCKDB_TYPE_INTEGER},
                                                                  {"source_time", DUCKDB_TYPE_TIMESTAMP},
                                                                  {"value", DUCKDB_TYPE_DOUBLE},
                                                                  {"status", DUCKDB_TYPE_UINTEGER},
                                                                  {"server_time", DUCKDB_TYPE_TIMESTAMP}};

const SampleSource& source_of(void* extra) { return *static_cast<const SampleSource*>(extra); }

void bind(duckdb_bind_info info) {
  for (const auto& [name, type_id] : sample_columns) {
    duckdb_logical_type type = duckdb_create_logical_type(type_id);
    duckdb_bind_add_result_column(info, name, type);
    duckdb_destroy_logical_type(&type);
  }
  duckdb_bind_set_cardinality(info, source_of(duckdb_bind_get_extra_info(info)).batch().rows->size(), true);
}

void init(duckdb_init_info info) {
  duckdb_init_set_max_threads(info, 1);
  duckdb_init_set_init_data(info, new std::size_t(0),
                            [](void* position) { delete static_cast<std::size_t*>(position); });
}

template <typename T>
void gather(const std::vector<T>& from, const std::vector<std::uint32_t>& order, std::size_t first, std::size_t count,
            T* to) {
  if (order.empty()) {
    std::memcpy(to, from.data() + first, count * sizeof(T));
  } else {
    for (std::size_t i = 0; i < count; ++i) to[i] = from[order[first + i]];
  }
}

/// Marks the rows for which `is_null` holds; vectors without any stay untouched, which is the fast path downstream.
template <typename T, typename IsNull>
void mark_nulls(duckdb_vector vector, const T* data, std::size_t count, IsNull is_null) {
  if (std::none_of(data, data + count, is_null)) return;
  duckdb_vector_ensure_validity_writable(vector);
  auto* validity = duckdb_vector_get_validity(vector);
  for (std::size_t i = 0; i < count; ++i) {
    if (is_null(data[i])) duckdb_validity_set_row_invalid(validity, i);
  }
}

void read(duckdb_function_info info, duckdb_data_chunk output) {
  const auto& [rows, order] = source_of(duckdb_function_get_extra_info(info)).batch();
  auto& position = *static_cast<std::size_t*>(duckdb_function_get_init_data(info));
  const std::size_t count = std::min<std::size_t>(duckdb_vector_size(), rows->size() - position);
  const auto vector = [&](idx_t column) { return duckdb_data_chunk_get_vector(output, column); };
  const auto data = [&](idx_t column) { return duckdb_vector_get_data(vector(column)); };
  auto* values = static_cast<double*>(data(2));
  auto* server_times = static_cast<TimeUs*>(data(4));
  gather(rows->signal_id, order, position, count, static_cast<std::int32_t*>(data(0)));
  gather(rows->source_time_us, order, position, count, static_cast<TimeUs*>(data(1)));
  gather(rows->value, order, position, count, values);
  gather(rows->status, order, position, count, static_cast<StatusCode*>(data(3)));
  if (rows->server_time_us.empty()) {
    std::memset(server_times, 0, count * sizeof(TimeUs));
  } else {
    gather(rows->server_time_us, order, position, count, server_times);
  }
  mark_nulls(vector(2), values, count, [](double value) { return std::isnan(value); });
  mark_nulls(vector(4), server_times, count, [](TimeUs time_us) { return time_us == 0; });
  duckdb_data_chunk_set_size(output, count);
  position += count;
}

}  // namespace

Result<std::unique_ptr<SampleSource>> SampleSource::install(_duckdb_connection* connection) {
  auto source = std::make_unique<SampleSource>();
  duckdb_table_function function = duckdb_create_table_function();
  duckdb_table_function_set_name(function, "millrace_samples");
  duckdb_table_function_set_extra_info(function, source.get(), nullptr);
  duckdb_table_function_set_bind(function, bind);
  duckdb_table_function_set_init(function, init);
  duckdb_table_function_set_function(function, read);
  const auto state = duckdb_register_table_function(connection, function);
  duckdb_destroy_table_function(&function);
  if (state != DuckDBSuccess) return fail(ErrorCode::internal, "DuckDB refused the function millrace_samples");
  return source;
}

void SampleSource::set(const SampleBatch* batch) {
  batch_.rows = batch;
  batch_.order = batch != nullptr ? order_by_signal_and_time(*batch) : std::vector<std::uint32_t>{};
}

}  // namespace millrace::duck
