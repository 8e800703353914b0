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

Result<int> trace(Context& context, const std::string& id) {
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto found, api.get("/api/v1/decisions/" + url_encode(id)));
  if (context.json) {
    context.output << found.dump(2) << '\n';
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& step : found.value("trace", json::array())) {
    rows.push_back({cell(step, "step"), cell(step, "id"), cell(step, "detail")});
  }
  print_table(context, {"step", "id", "detail"}, rows);
  return 0;
}

void print_kpi(Context& context, const json& kpi) {
  const bool judged = kpi.contains("met") && kpi["met"].is_boolean();
  const bool met = is_true(kpi, "met");
  context.output << fmt::format("{}\n  {} {} {}  baseline {}  target {}  {} (n = {})\n", cell(kpi, "title"),
                                cell(kpi, "kpi"), cell(kpi, "current"), cell(kpi, "unit"), cell(kpi, "baseline"),
                                cell(kpi, "target"),
                                paint(context, met ? Colour::good : Colour::warning,
                                      !judged ? "nothing to judge yet"
                                      : met   ? "target met"
                                              : "target not met"),
                                cell(kpi, "n"));
  for (const auto& guard : kpi.value("guards", json::array())) {
    const bool kept = is_true(guard, "met") || !guard.contains("met") || guard["met"].is_null();
    context.output << fmt::format("  guard {} {}  limit {}  {}\n", cell(guard, "name"), cell(guard, "current"),
                                  cell(guard, "limit"),
                                  paint(context, kept ? Colour::good : Colour::bad, kept ? "kept" : "NOT KEPT"));
  }
}

Result<int> show_kpi(Context& context, const std::string& use_case) {
  TRY_ASSIGN(const auto api, Api::open(context));
  std::vector<std::string> names;
  if (use_case.empty()) {
    TRY_ASSIGN(const auto use_cases, api.get("/api/v1/use-cases"));
    for (const auto& found : use_cases) names.push_back(cell(found, "name"));
  } else {
    names.push_back(use_case);
  }
  json all = json::array();
  for (const auto& name : names) {
    TRY_ASSIGN(auto kpi, api.get("/api/v1/kpis/" + url_encode(name)));
    all.push_back(std::move(kpi));
  }
  if (context.json) {
    context.output << (use_case.empty() ? all : all.front()).dump(2) << '\n';
    return 0;
  }
  if (all.empty()) context.output << "no use case yet: `millrace usecase apply FILE` makes the first\n";
  for (const auto& kpi : all) print_kpi(context, kpi);
  return 0;
}

}  // namespace

Run trace_command(CLI::App& options) {
  auto id = std::make_shared<std::string>();
  options.add_option("DECISION_ID", *id, "As printed by the console and by `data sql`")->required();
  return [id](Context& context) { return trace(context, *id); };
}

Run kpi_show_command(CLI::App& options) {
  auto use_case = std::make_shared<std::string>();
  options.add_option("USE_CASE", *use_case, "Name of an applied use case (default: all)");
  return [use_case](Context& context) { return show_kpi(context, *use_case); };
}

}  // namespace millrace::cli
