#pragma once

#include "base/result.hpp"
#include "lake/rows.hpp"

struct _duckdb_connection;

namespace millrace::duck {

/// Writes all rows but the samples into the lake's tables, within the connection's transaction.
Result<void> append_rows(_duckdb_connection* to, const LakeCommit& rows);

}  // namespace millrace::duck
