#pragma once

#include "base/result.hpp"
#include "lake/rows.hpp"

#include <cstdint>
#include <memory>
#include <vector>

struct _duckdb_connection;

namespace millrace::duck {

/// Makes a batch readable as `SELECT * FROM millrace_samples()` on one connection, straight from its columns, sorted
/// by (signal, time): one copy from our vectors into DuckDB's, no staging table.
class SampleSource {
 public:
  static Result<std::unique_ptr<SampleSource>> install(_duckdb_connection* connection);
  /// What the next statement reads. The batch must outlive that statement.
  void set(const SampleBatch* batch);

  struct Batch {
    const SampleBatch* rows = nullptr;
    std::vector<std::uint32_t> order;
  };
  [[nodiscard]] const Batch& batch() const { return batch_; }

 private:
  Batch batch_;
};

}  // namespace millrace::duck
