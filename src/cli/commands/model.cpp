#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print.hpp"
#include "runtime/loop.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

namespace millrace::cli {
namespace {

using nlohmann::json;

struct TrainOptions {
  std::string use_case;
  int seed = 1;
};

/// "turbofan-maintenance/3" as its path in the API.
Result<std::string> model_path(const std::string& version) {
  const auto slash = version.rfind('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == version.size()) {
    return fail(ErrorCode::invalid_argument,
                "'" + version + "' is not a model version: write USE_CASE/NUMBER, e.g. turbofan-maintenance/1");
  }
  return "/api/v1/models/" + url_encode(version.substr(0, slash)) + "/" + url_encode(version.substr(slash + 1));
}

std::string metrics_text(const json& metrics) {
  std::string text;
  if (!metrics.is_object()) return "-";
  for (const auto& [name, value] : metrics.items()) {
    if (!value.is_number()) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name, cell(value));
  }
  return text.empty() ? "-" : text;
}

void print_gates(Context& context, const json& gates) {
  for (const auto& gate : gates) {
    const bool passed = is_true(gate, "passed");
    context.output << fmt::format("  {} {}: {} (limit {})\n",
                                  paint(context, passed ? Colour::good : Colour::bad, passed ? "passed" : "FAILED"),
                                  cell(gate, "name"), cell(gate, "value", 6), cell(gate, "limit", 6));
  }
}

void print_model(Context& context, const json& model) {
  context.output << fmt::format("{}/{}  {}\n", cell(model, "use_case"), cell(model, "version"), cell(model, "state"));
  context.output << fmt::format("created      {}\ncode commit  {}\napproved by  {}\nmetrics      {}\n",
                                cell(model, "created"), cell(model, "code_commit"), cell(model, "approved_by"),
                                metrics_text(model.value("metrics", json::object())));
  context.output << "dataset      " << model.value("dataset", json::object()).dump() << "\ngates\n";
  print_gates(context, model.value("gates", json::array()));
  context.output << "files\n";
  for (const auto& file : model.value("files", json::array())) {
    context.output << fmt::format("  {}  {}  {} bytes\n", cell(file, "sha256"), cell(file, "name"), cell(file, "size"));
  }
}

constexpr std::int64_t poll_us = 500'000;

void wait(const Context& context) {
  Loop loop(context.clock);
  Timer timer(loop);
  timer.after_us(poll_us, [&loop] { loop.stop(); });
  loop.run();
}

/// Polls until the job ended; training takes seconds to minutes, so twice a second is often enough.
Result<json> wait_for_job(Context& context, const Api& api, const std::string& job) {
  Progress progress(context, "training");
  for (;;) {
    TRY_ASSIGN(auto state, api.get("/api/v1/jobs/" + url_encode(job)));
    const auto name = state.value("state", "");
    if (name == "done" || name == "failed") return state;
    progress.update(state.value("progress", 0.0), cell(state, "message"));
    wait(context);
  }
}

Result<int> train(Context& context, const TrainOptions& options) {
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto started,
             api.post("/api/v1/models/train", json{{"use_case", options.use_case}, {"seed", options.seed}}));
  TRY_ASSIGN(const auto job, wait_for_job(context, api, cell(started, "job")));
  if (context.json) context.output << job.dump(2) << '\n';
  if (job.value("state", "") == "failed") return fail(ErrorCode::failed_precondition, cell(job, "message"));
  const auto model = job.value("result", json::object());
  if (!context.json) print_model(context, model);
  for (const auto& gate : model.value("gates", json::array())) {
    if (!is_true(gate, "passed")) return 1;
  }
  return 0;
}

Result<int> list(Context& context) {
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto models, api.get("/api/v1/models"));
  if (context.json) {
    context.output << models.dump(2) << '\n';
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& model : models) {
    rows.push_back({cell(model, "use_case") + "/" + cell(model, "version"), cell(model, "state"),
                    cell(model, "created"), cell(model, "approved_by"),
                    metrics_text(model.value("metrics", json::object()))});
  }
  if (rows.empty()) {
    context.output << "no model yet: `millrace model train USE_CASE` makes the first\n";
  } else {
    print_table(context, {"model", "state", "created", "approved by", "metrics"}, rows);
  }
  return 0;
}

Result<int> show(Context& context, const std::string& version) {
  TRY_ASSIGN(const auto path, model_path(version));
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto model, api.get(path));
  if (context.json) {
    context.output << model.dump(2) << '\n';
  } else {
    print_model(context, model);
  }
  return 0;
}

Result<int> trace(Context& context, const std::string& version) {
  TRY_ASSIGN(const auto path, model_path(version));
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto model, api.get(path));
  if (context.json) {
    const json traced{{"model", version},
                      {"dataset", model.value("dataset", json())},
                      {"code_commit", model.value("code_commit", json())},
                      {"approved_by", model.value("approved_by", json())},
                      {"approval_comment", model.value("approval_comment", json())},
                      {"files", model.value("files", json::array())}};
    context.output << traced.dump(2) << '\n';
    return 0;
  }
  context.output << fmt::format("model    {}  {}\n", version, cell(model, "state"));
  context.output << fmt::format("dataset  {}\n", model.value("dataset", json::object()).dump());
  context.output << fmt::format("code     {}\n", cell(model, "code_commit"));
  context.output << fmt::format("people   approved by {}: {}\n", cell(model, "approved_by"),
                                cell(model, "approval_comment"));
  return 0;
}

Result<int> approve(Context& context, const std::string& version, const std::string& comment) {
  TRY_ASSIGN(const auto path, model_path(version));
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto model, api.post(path + "/approve", {{"comment", comment}}));
  if (context.json) {
    context.output << model.dump(2) << '\n';
  } else {
    context.output << fmt::format("{} is {}, approved by {}\n", version, cell(model, "state"),
                                  cell(model, "approved_by"));
  }
  return 0;
}

std::shared_ptr<std::string> version_option(CLI::App& options) {
  auto version = std::make_shared<std::string>();
  options.add_option("MODEL", *version, "USE_CASE/NUMBER, e.g. turbofan-maintenance/1")->required();
  return version;
}

/// The commands that take one model version and nothing else.
Run of_version(CLI::App& options, Result<int> (*act)(Context&, const std::string&)) {
  auto version = version_option(options);
  return [version, act](Context& context) { return act(context, *version); };
}

}  // namespace

Run model_train_command(CLI::App& options) {
  auto read = std::make_shared<TrainOptions>();
  options.add_option("USE_CASE", read->use_case, "Name of an applied use case")->required();
  options.add_option("--seed", read->seed, "Seed of the trainer (default 1)");
  return [read](Context& context) { return train(context, *read); };
}

Run model_list_command(CLI::App&) { return list; }
Run model_show_command(CLI::App& options) { return of_version(options, show); }
Run model_trace_command(CLI::App& options) { return of_version(options, trace); }
Run model_approve_command(CLI::App& options) {
  auto version = version_option(options);
  auto comment = std::make_shared<std::string>();
  options.add_option("--comment", *comment, "Why, for whoever traces a decision to this model");
  return [version, comment](Context& context) { return approve(context, *version, *comment); };
}

}  // namespace millrace::cli
