#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace millrace::cli {
namespace {

using nlohmann::json;

std::string findings_text(const json& findings) {
  std::string text;
  for (const auto& finding : findings) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", cell(finding, "check"), cell(finding, "count"));
  }
  return text.empty() ? "-" : text;
}

void print_signals(Context& context, const json& signals) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& signal : signals) {
    rows.push_back({cell(signal, "signal"), cell(signal, "unit"), cell(signal, "assets"), cell(signal, "points"),
                    cell(signal, "bad"), cell(signal, "first"), cell(signal, "last"),
                    findings_text(signal.value("findings", json::array()))});
  }
  print_table(context, {"signal", "unit", "assets", "points", "bad", "first", "last", "findings"}, rows);
}

std::string kept_text(const json& check) {
  if (check.at("kept").is_null()) return "not judged";
  return is_true(check, "kept") ? "kept" : "broken";
}

/// The limits, then a row per asset in which something was found; healthy assets are counted.
void print_checks(Context& context, const json& report) {
  std::vector<std::string> headers{"site", "asset", "points"};
  std::vector<std::vector<std::string>> limits, rows;
  for (const auto& check : report.at("policy")) {
    headers.push_back(cell(check, "kind"));
    limits.push_back({cell(check, "kind"), cell(check, "limit"), cell(check, "count"), cell(check, "counted_in"),
                      kept_text(check), cell(check, "meaning")});
  }
  print_table(context, {"check", "limit", "found", "in", "", "meaning"}, limits);
  for (const auto& asset : report.at("assets")) {
    if (asset.at("signals").empty()) continue;
    std::vector<std::string> cells{cell(asset, "site"), cell(asset, "asset"), cell(asset, "points")};
    for (const auto& check : report.at("policy"))
      cells.push_back(cell(asset.at("counts"), check.at("kind").get<std::string>()));
    rows.push_back(std::move(cells));
  }
  const auto healthy = report.at("assets").size() - rows.size();
  context.output << '\n';
  if (!rows.empty()) print_table(context, headers, rows);
  context.output << fmt::format("{} asset{} without a finding\n", healthy, healthy == 1 ? "" : "s");
}

struct QualityOptions {
  std::string use_case;
  bool checks = false;
  int days = 7;
};

Result<int> quality(Context& context, const QualityOptions& options) {
  if (options.checks && options.use_case.empty())
    return fail(ErrorCode::invalid_argument, "--checks needs --use-case NAME: its file sets the limits");
  TRY_ASSIGN(const auto api, Api::open(context));
  const auto name = url_encode(options.use_case);
  const auto target = options.checks             ? fmt::format("/{}?days={}", name, options.days)
                      : options.use_case.empty() ? std::string()
                                                 : "?use_case=" + name;
  TRY_ASSIGN(const auto answer, api.get("/api/v1/data/quality" + target));
  if (context.json) {
    context.output << answer.dump(2) << '\n';
  } else if (options.checks) {
    print_checks(context, answer);
  } else {
    print_signals(context, answer);
  }
  return 0;
}

}  // namespace

Run data_quality_command(CLI::App& options) {
  auto read = std::make_shared<QualityOptions>();
  options.add_option("--use-case", read->use_case, "Only the signals of this use case");
  options.add_flag("--checks", read->checks,
                   "What the checks found, by asset, against the limits of the use case file");
  options.add_option("--days", read->days, "With --checks: so many days, today included (default: 7)")
      ->check(CLI::Range(1, 366));
  return [read](Context& context) { return quality(context, *read); };
}

}  // namespace millrace::cli
