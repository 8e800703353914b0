#pragma once

#include "base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace millrace::cli {

/// How an export went.
struct ExportSummary {
  std::int64_t snapshot = 0;
  std::uint64_t rows = 0;
};

/// What an export needs of the world.
struct ExportPorts {
  /// One query against the lake (POST /api/v1/data/sql): {columns, rows}.
  std::function<Result<nlohmann::json>(const nlohmann::json& request)> query;
  std::function<Result<void>(const std::string& csv)> write;
  std::function<void(std::uint64_t rows, std::uint64_t total)> progress;
};

/// A table as CSV: samples, decisions or work_orders. Every page reads the snapshot that was newest at the start, so
/// what is committed meanwhile changes nothing, and goes on at the time of the last row, not at its number: a page
/// costs the same at the end as at the beginning.
Result<ExportSummary> export_table(const std::string& table, const ExportPorts& ports);

}  // namespace millrace::cli
