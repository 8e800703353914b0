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

std::string located(const std::string& file, int line, const std::string& path, const std::string& message) {
  const auto where = line > 0 ? fmt::format("{}:{}", file, line) : file;
  return fmt::format("{}: {}{}{}", where, path, path.empty() ? "" : ": ", message);
}

json to_json(const std::string& file, const std::vector<UseCaseProblem>& problems) {
  auto list = json::array();
  for (const auto& [line, path, message] : problems) {
    list.push_back({{"file", file}, {"line", line}, {"path", path}, {"message", message}});
  }
  return list;
}

void warn(Context& context, const std::string& text) {
  context.errors << paint(context, Colour::warning, "warning: " + text) << '\n';
}

/// What the file asks for and this version does not do, as `check` finds it and the platform tells it.
void print_warnings(Context& context, const std::string& file, const json& warnings) {
  for (const auto& warning : warnings) {
    warn(context, located(file, warning.value("line", 0), cell(warning, "path"), cell(warning, "message")));
  }
}

struct CheckedFile {
  std::string yaml;
  ParsedUseCase parsed;
};

/// Reads and checks the file here, so that errors carry its name and cost no round trip. Empty: problems were printed.
Result<std::optional<CheckedFile>> checked_file(Context& context, const std::string& file) {
  auto yaml = read_file(file);
  if (!yaml) return fail(ErrorCode::invalid_argument, yaml.error().message);
  auto parsed = check_use_case(*yaml);
  const auto& problems = parsed.obstacles();
  if (problems.empty()) return CheckedFile{std::move(*yaml), std::move(parsed)};
  if (context.json) {
    context.output << json{{"file", file}, {"problems", to_json(file, problems)}}.dump(2) << '\n';
    return std::nullopt;
  }
  for (const auto& problem : problems) {
    context.errors << located(file, problem.line, problem.path, problem.message) << '\n';
  }
  context.errors << fmt::format("{}: {} problem{}\n", file, problems.size(), problems.size() == 1 ? "" : "s");
  return std::nullopt;
}

Result<int> check(Context& context, const std::string& file) {
  TRY_ASSIGN(const auto checked, checked_file(context, file));
  if (!checked) return 1;
  const auto& [yaml, parsed] = *checked;
  const auto warnings = to_json(file, parsed.warnings);
  if (context.json) {
    context.output << json{{"file", file}, {"problems", json::array()}, {"warnings", warnings}}.dump(2) << '\n';
  } else {
    print_warnings(context, file, warnings);
    context.output << fmt::format("{}: good ({}, {} signals)\n", file, parsed.use_case.name,
                                  parsed.use_case.signals.size());
  }
  return 0;
}

/// For how many assets the use case would run now; none is worth a warning.
void print_selection(Context& context, const json& assets) {
  context.output << fmt::format("{} of {} assets match now\n", cell(assets, "selected"), cell(assets, "known"));
  const auto warning = assets.value("warning", json());
  if (warning.is_string()) warn(context, warning.get<std::string>());
}

Result<int> plan(Context& context, const std::string& file) {
  TRY_ASSIGN(const auto checked, checked_file(context, file));
  if (!checked) return 1;
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto planned, api.post("/api/v1/use-cases/plan", checked->yaml, "application/yaml"));
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
  print_warnings(context, file, planned.value("warnings", json::array()));
  return 0;
}

Result<int> apply(Context& context, const std::string& file) {
  TRY_ASSIGN(const auto checked, checked_file(context, file));
  if (!checked) return 1;
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto applied, api.post("/api/v1/use-cases", checked->yaml, "application/yaml"));
  if (context.json) {
    context.output << applied.dump(2) << '\n';
  } else {
    context.output << fmt::format("{} version {} {}\n", cell(applied, "name"), cell(applied, "version"),
                                  is_true(applied, "changed") ? "applied" : "was applied already: no change");
    print_warnings(context, file, applied.value("warnings", json::array()));
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
