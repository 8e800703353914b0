#include "base/file.hpp"
#include "cli/api.hpp"
#include "cli/cmapss_import.hpp"
#include "cli/commands/commands.hpp"
#include "cli/csv.hpp"
#include "cli/print.hpp"
#include "cli/table_export.hpp"
#include "cmapss/cmapss.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace millrace::cli {
namespace {

using nlohmann::json;

constexpr std::size_t piece_bytes = 8u << 20;  // one request: well under the server's limit, quick to retry

struct ImportOptions {
  std::string path, use_case, site = "history", kind = "samples", format = "csv", subset = "FD001", units;
  double cycle_s = 1;
};

struct Imported {
  std::uint64_t rows = 0, points = 0;
};

std::string import_target(const ImportOptions& options, std::string_view kind) {
  return fmt::format("/api/v1/data/import?use_case={}&site={}&kind={}", url_encode(options.use_case),
                     url_encode(options.site), kind);
}

Result<void> send_csv(const Api& api, const std::string& target, const std::string& csv, Imported& total) {
  TRY_ASSIGN(const auto answer, api.post(target, csv, "text/csv"));
  total.rows += answer.value("rows", std::uint64_t{0});
  total.points += answer.value("points", std::uint64_t{0});
  return {};
}

Result<Imported> import_csv(Context& context, const Api& api, const ImportOptions& options) {
  auto text = read_file(options.path);
  if (!text) return fail(ErrorCode::invalid_argument, text.error().message);
  const auto pieces = split_csv(*text, piece_bytes);
  Progress progress(context, "importing");
  Imported total;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    progress.update(static_cast<double>(i) / static_cast<double>(pieces.size()), fmt::format("{} rows", total.rows));
    const auto sent =
        send_csv(api, fmt::format("{}&first_line={}", import_target(options, options.kind), pieces[i].first_line),
                 pieces[i].text, total);
    if (!sent)
      return fail(sent.error().with_context(fmt::format("{} ({} rows before were stored)", options.path, total.rows)));
  }
  return total;
}

Result<Imported> import_cmapss(Context& context, const Api& api, const ImportOptions& options) {
  CmapssImport import{.folder = options.path, .subset = options.subset};
  if (!options.units.empty()) {
    TRY_ASSIGN(const auto range, cmapss::parse_units(options.units));
    import.first_unit = range.first;
    import.last_unit = range.second;
  }
  TRY_ASSIGN(const auto use_case, api.get("/api/v1/use-cases/" + url_encode(options.use_case)));
  for (const auto& signal : use_case.value("signals", json::array())) {
    if (signal.value("role", "") == "clock") import.clock_signal = signal.value("name", "");
    import.signals.push_back(signal.value("name", ""));
  }
  import.cycle_us = static_cast<std::int64_t>(options.cycle_s * 1e6);
  import.end_us = context.clock.now_us() / 1'000'000 * 1'000'000;
  TRY_ASSIGN(const auto csv, cmapss_to_csv(import));
  Progress progress(context, "importing");
  Imported total;
  for (std::size_t i = 0; i < csv.samples.size(); ++i) {
    progress.update(static_cast<double>(i) / static_cast<double>(csv.samples.size()),
                    fmt::format("{} rows", total.rows));
    TRY(send_csv(api, import_target(options, "samples"), csv.samples[i], total));
  }
  TRY(send_csv(api, import_target(options, "work_orders"), csv.work_orders, total));
  return total;
}

Result<int> import_data(Context& context, const ImportOptions& options) {
  if (options.cycle_s <= 0) return fail(ErrorCode::invalid_argument, "--cycle-seconds must be more than 0");
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto total,
             options.format == "cmapss" ? import_cmapss(context, api, options) : import_csv(context, api, options));
  if (context.json) {
    context.output << json{{"rows", total.rows}, {"points", total.points}}.dump(2) << '\n';
  } else {
    context.output << fmt::format("imported {} rows ({} points) into {}\n", total.rows, total.points, options.use_case);
  }
  return 0;
}

Result<int> sql(Context& context, const std::string& query) {
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto table, api.post("/api/v1/data/sql", json{{"sql", query}}));
  if (context.json) {
    context.output << table.dump(2) << '\n';
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& row : table.at("rows")) {
    std::vector<std::string> cells;
    for (const auto& value : row) cells.push_back(cell(value, 6));
    rows.push_back(std::move(cells));
  }
  print_table(context, table.at("columns").get<std::vector<std::string>>(), rows);
  if (is_true(table, "truncated")) {
    context.errors << fmt::format("only the first {} rows: narrow the query, or use `millrace data export`\n",
                                  rows.size());
  }
  return 0;
}

struct ExportOptions {
  std::string table, file;
};

Result<ExportSummary> export_to(Context& context, const ExportOptions& options, std::ostream& out) {
  TRY_ASSIGN(const auto api, Api::open(context));
  Progress progress(context, "exporting");
  const bool to_terminal = options.file.empty() && context.colour;  // rows and a progress line would mix
  return export_table(options.table,
                      {.query = [&](const json& request) { return api.post("/api/v1/data/sql", request); },
                       .write = [&](const std::string& csv) -> Result<void> {
                         if (out << csv) return {};
                         return fail(ErrorCode::exhausted, "the rows cannot be written: is the disk full?");
                       },
                       .progress =
                           [&](std::uint64_t rows, std::uint64_t total) {
                             if (to_terminal || total == 0) return;
                             progress.update(static_cast<double>(rows) / static_cast<double>(total),
                                             fmt::format("{} of {} rows", rows, total));
                           }});
}

Result<int> export_data(Context& context, const ExportOptions& options) {
  if (options.file.empty() || options.file == "-") {
    TRY(export_to(context, options, context.output));
    return 0;
  }
  const auto part = options.file + ".part";  // a file of the name asked for is whole
  std::ofstream out(part, std::ios::binary);
  TRY_ASSIGN(const auto summary, export_to(context, options, out));
  out.close();
  std::error_code failure;
  if (out) std::filesystem::rename(part, options.file, failure);
  if (!out || failure) return fail(ErrorCode::exhausted, options.file + " cannot be written: is the disk full?");
  if (context.json) {
    context.output << json{{"file", options.file}, {"rows", summary.rows}, {"snapshot", summary.snapshot}}.dump(2)
                   << '\n';
  } else {
    context.output << fmt::format("{} rows of lake snapshot {} written to {}\n", summary.rows, summary.snapshot,
                                  options.file);
  }
  return 0;
}

}  // namespace

Run data_import_command(CLI::App& options) {
  auto read = std::make_shared<ImportOptions>();
  options.add_option("PATH", read->path, "A CSV file, or the folder of NASA's files")->required();
  options.add_option("--use-case", read->use_case, "The applied use case that the data belongs to")->required();
  options.add_option("--site", read->site, "The site of the assets (default: history)");
  options.add_option("--kind", read->kind, "What the CSV holds (default: samples)")
      ->check(CLI::IsMember({"samples", "work_orders"}));
  options.add_option("--format", read->format, "csv (asset,time,<signals>) or cmapss (default: csv)")
      ->check(CLI::IsMember({"csv", "cmapss"}));
  options.add_option("--subset", read->subset, "cmapss: FD001 to FD004 (default: FD001)");
  options.add_option("--units", read->units, "cmapss: engines FIRST-LAST (default: all)");
  options.add_option("--cycle-seconds", read->cycle_s,
                     "cmapss: time between two cycles, which the data lacks (default: 1)");
  return [read](Context& context) { return import_data(context, *read); };
}

Run data_export_command(CLI::App& options) {
  auto read = std::make_shared<ExportOptions>();
  options.add_option("TABLE", read->table, "samples, decisions or work_orders")
      ->required()
      ->check(CLI::IsMember({"samples", "decisions", "work_orders"}));
  options.add_option("--file", read->file, "Where to write (default: standard output)");
  return [read](Context& context) { return export_data(context, *read); };
}

Run data_sql_command(CLI::App& options) {
  auto query = std::make_shared<std::string>();
  options.add_option("QUERY", *query, "e.g. \"SELECT count(*) FROM samples\"")->required();
  return [query](Context& context) { return sql(context, *query); };
}

}  // namespace millrace::cli
