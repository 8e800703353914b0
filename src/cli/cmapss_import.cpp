#include "cli/cmapss_import.hpp"

#include "cmapss/cmapss.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace millrace::cli {
namespace {

/// Columns of the data that the use case knows, as indexes into cmapss::signal_names.
Result<std::vector<std::size_t>> chosen_columns(const CmapssImport& import) {
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < cmapss::signal_names.size(); ++column) {
    const auto& names = import.signals;
    if (std::find(names.begin(), names.end(), cmapss::signal_names[column]) != names.end()) columns.push_back(column);
  }
  if (columns.empty()) {
    return fail(ErrorCode::invalid_argument,
                "the use case has none of the data's signals (T24, T30, Ps30, ...): is it the right use case?");
  }
  return columns;
}

std::string header_of(const CmapssImport& import, const std::vector<std::size_t>& columns) {
  std::string csv = "asset,time";
  if (!import.clock_signal.empty()) csv += "," + import.clock_signal;
  for (const auto column : columns) csv += fmt::format(",{}", cmapss::signal_names[column]);
  return csv + '\n';
}

void add_samples(std::string& csv, const cmapss::Engine& engine, const CmapssImport& import,
                 const std::vector<std::size_t>& columns) {
  const int last = engine.cycles.back().number;
  for (const auto& cycle : engine.cycles) {
    csv +=
        fmt::format("{},{}", engine.asset(), format_time(import.end_us - (last - cycle.number + 1) * import.cycle_us));
    if (!import.clock_signal.empty()) csv += fmt::format(",{}", cycle.number);
    for (const auto column : columns) csv += fmt::format(",{}", cycle.values[column]);
    csv += '\n';
  }
}

}  // namespace

Result<CmapssCsv> cmapss_to_csv(const CmapssImport& import) {
  TRY_ASSIGN(const auto engines, cmapss::read_engines(import.folder / fmt::format("train_{}.txt", import.subset)));
  TRY_ASSIGN(const auto columns, chosen_columns(import));
  CmapssCsv csv{{}, "asset,time,kind,clock,remaining_life\n"};
  for (const auto& engine : engines) {
    if (engine.unit < import.first_unit || (import.last_unit > 0 && engine.unit > import.last_unit)) continue;
    if (csv.samples.empty() || csv.samples.back().size() > import.piece_bytes)
      csv.samples.push_back(header_of(import, columns));
    add_samples(csv.samples.back(), engine, import, columns);
    csv.work_orders += fmt::format("{},{},failure,{},0\n", engine.asset(), format_time(import.end_us - import.cycle_us),
                                   engine.cycles.back().number);
  }
  if (csv.samples.empty()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("no units {}-{} in {}: it has {} to {}", import.first_unit, import.last_unit, import.subset,
                            engines.front().unit, engines.back().unit));
  }
  return csv;
}

}  // namespace millrace::cli
