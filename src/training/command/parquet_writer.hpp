#pragma once

#include <span>
#include <string>
#include <vector>

namespace millrace {

struct FloatColumn {
  std::string name;
  std::vector<float> values;
};

/// A table of float32 columns as one Parquet file (github.com/apache/parquet-format): one row group, one plain,
/// uncompressed page a column, required values; NaN stays NaN. Small on purpose: every reader takes it, and training
/// needs no database library. All columns must have the same length.
std::string to_parquet(std::span<const FloatColumn> columns);

}  // namespace millrace
