#include "base/file.hpp"
#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print.hpp"
#include "usecase/usecase.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace millrace::cli {
namespace {

using nlohmann::json;

/// Reads and checks the file here, so that errors carry its name and cost no round trip. Empty: problems were printed.
Result<std::optional<std::string>> checked_file(Context& context, const std::string& file) {
  auto yaml = read_file(file);
  if (!yaml) return fail(ErrorCode::invalid_argument, yaml.error().message);
  const auto parsed = check_use_case(*yaml);
  if (parsed.problems.empty()) return std::optional<std::string>(std::move(*yaml));
  if (context.json) {
    auto problems = json::array();
    for (const auto& problem : parsed.problems) {
      problems.push_back(
          {{"file", file}, {"line", problem.line}, {"path", problem.path}, {"message", problem.message}});
    }
    context.output << json{{"file", file}, {"problems", problems}}.dump(2) << '\n';
    return std::optional<std::string>();
  }
  for (const auto& problem : parsed.problems) {
    const auto where = problem.line > 0 ? fmt::format("{}:{}", file, problem.line) : file;
    context.errors << fmt::format("{}: {}{}{}\n", where, problem.path, problem.path.empty() ? "" : ": ",
                                  problem.message);
  }
  context.errors << fmt::format("{}: {} problem{}\n", file, parsed.problems.size(),
                                parsed.problems.size() == 1 ? "" : "s");
  return std::optional<std::string>();
}

Result<int> check(Context& context, const std::string& file) {
  TRY_ASSIGN(const auto yaml, checked_file(context, file));
  if (!yaml) return 1;
  if (context.json) {
    context.output << json{{"file", file}, {"problems", json::array()}}.dump(2) << '\n';
  } else {
    const auto parsed = check_use_case(*yaml);
    context.output << fmt::format("{}: good ({}, {} signals)\n", file, parsed.use_case.name,
                                  parsed.use_case.signals.size());
  }
  return 0;
}

/// For how many assets the use case would run now; none is worth a warning.
void print_selection(Context& context, const json& assets) {
  context.output << fmt::format("{} of {} assets match now\n", cell(assets, "selected"), cell(assets, "known"));
  const auto warning = assets.value("warning", json());
  if (warning.is_string())
    context.errors << paint(context, Colour::warning, "warning: " + warning.get<std::string>()) << '\n';
}

Result<int> plan(Context& context, const std::string& file) {
  TRY_ASSIGN(const auto yaml, checked_file(context, file));
  if (!yaml) return 1;
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto planned, api.post("/api/v1/use-cases/plan", *yaml, "application/yaml"));
  if (context.json) {
    context.output << planned.dump(2) << '\n';
    return 0;
  }
  const auto changes = planned.value("changes", json::array());
  for (const auto& change : changes) {
    const auto path = cell(change, "path");
    if (change["before"].is_null()) {
      context.output << paint(context, Colour::good, fmt::format("+ {}: {}", path, cell(change, "after"))) << '\n';
    } else if (change["after"].is_null()) {
      context.output << paint(context, Colour::bad, fmt::format("- {}: {}", path, cell(change, "before"))) << '\n';
    } else {
      context.output << paint(context, Colour::warning,
                              fmt::format("~ {}: {} -> {}", path, cell(change, "before"), cell(change, "after")))
                     << '\n';
    }
  }
  context.output << (changes.empty() ? std::string("no change\n")
                                     : fmt::format("{} change{}; `millrace usecase apply {}` makes them\n",
                                                   changes.size(), changes.size() == 1 ? "" : "s", file));
  print_selection(context, planned.value("assets", json::object()));
  return 0;
}

Result<int> apply(Context& context, const std::string& file) {
  TRY_ASSIGN(const auto yaml, checked_file(context, file));
  if (!yaml) return 1;
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto applied, api.post("/api/v1/use-cases", *yaml, "application/yaml"));
  if (context.json) {
    context.output << applied.dump(2) << '\n';
  } else {
    context.output << fmt::format("{} version {} {}\n", cell(applied, "name"), cell(applied, "version"),
                                  is_true(applied, "changed") ? "applied" : "was applied already: no change");
  }
  return 0;
}

Run of_file(CLI::App& options, Result<int> (*act)(Context&, const std::string&)) {
  auto file = std::make_shared<std::string>();
  options.add_option("FILE", *file, "Use case file (YAML)")->required();
  return [file, act](Context& context) { return act(context, *file); };
}

}  // namespace

Run use_case_check_command(CLI::App& options) { return of_file(options, check); }
Run use_case_plan_command(CLI::App& options) { return of_file(options, plan); }
Run use_case_apply_command(CLI::App& options) { return of_file(options, apply); }

}  // namespace millrace::cli
