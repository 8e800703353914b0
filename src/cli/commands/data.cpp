#include "base/file.hpp"
#include "cli/api.hpp"
#include "cli/cmapss_import.hpp"
#include "cli/commands/commands.hpp"
#include "cli/csv.hpp"
#include "cli/print.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace millrace::cli {
namespace {

using nlohmann::json;

constexpr std::size_t piece_bytes = 8u << 20;     // one request: well under the server's limit, quick to retry
constexpr std::size_t export_page_rows = 10'000;  // the most that one query gives back

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
    TRY_ASSIGN(const auto range, parse_unit_range(options.units));
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

/// The exported tables with an order that is total, so that pages neither overlap nor leave anything out.
const std::map<std::string, std::string>& export_queries() {
  static const std::map<std::string, std::string> queries{
      {"samples",
       "SELECT s.site, s.asset, s.signal, s.unit, d.source_time, d.value, d.status FROM samples d "
       "JOIN signals s USING (signal_id) ORDER BY s.site, s.asset, d.source_time, s.signal"},
      {"decisions", "SELECT * FROM decisions ORDER BY time, decision_id"},
      {"work_orders", "SELECT * FROM work_orders ORDER BY time, asset, kind"}};
  return queries;
}

Result<int> export_data(Context& context, const ExportOptions& options) {
  TRY_ASSIGN(const auto api, Api::open(context));
  const auto& query = export_queries().at(options.table);
  std::string csv;
  std::size_t rows = 0;
  for (std::size_t page = 0;; ++page) {
    TRY_ASSIGN(const auto table,
               api.post("/api/v1/data/sql", json{{"sql", fmt::format("{} LIMIT {} OFFSET {}", query, export_page_rows,
                                                                     page * export_page_rows)}}));
    csv += csv_table(table, page == 0);
    rows += table.at("rows").size();
    if (table.at("rows").size() < export_page_rows) break;
  }
  if (options.file.empty() || options.file == "-") {
    context.output << csv;
    return 0;
  }
  TRY(write_file(options.file, csv));
  if (context.json) {
    context.output << json{{"file", options.file}, {"rows", rows}}.dump(2) << '\n';
  } else {
    context.output << fmt::format("{} rows written to {}\n", rows, options.file);
  }
  return 0;
}

std::string findings_text(const json& findings) {
  std::string text;
  for (const auto& finding : findings) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", cell(finding, "check"), cell(finding, "count"));
  }
  return text.empty() ? "-" : text;
}

Result<int> quality(Context& context, const std::string& use_case) {
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto signals, api.get("/api/v1/data/quality" +
                                         (use_case.empty() ? std::string() : "?use_case=" + url_encode(use_case))));
  if (context.json) {
    context.output << signals.dump(2) << '\n';
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& signal : signals) {
    rows.push_back({cell(signal, "signal"), cell(signal, "unit"), cell(signal, "assets"), cell(signal, "points"),
                    cell(signal, "bad"), cell(signal, "first"), cell(signal, "last"),
                    findings_text(signal.value("findings", json::array()))});
  }
  print_table(context, {"signal", "unit", "assets", "points", "bad", "first", "last", "findings"}, rows);
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

Run data_quality_command(CLI::App& options) {
  auto use_case = std::make_shared<std::string>();
  options.add_option("--use-case", *use_case, "Only the signals of this use case");
  return [use_case](Context& context) { return quality(context, *use_case); };
}

}  // namespace millrace::cli
