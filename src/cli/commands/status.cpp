#include "base/file.hpp"
#include "base/id.hpp"
#include "cli/api.hpp"
#include "cli/commands/commands.hpp"
#include "cli/print.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <ostream>

namespace millrace::cli {
namespace {

/// The model versions that the node told it runs; of a use case without a model, its name.
std::string running(const nlohmann::json& node) {
  std::string text;
  for (const auto& active : node.value("active", nlohmann::json::array())) {
    const auto model = active.value("model_version", "");
    text += (text.empty() ? "" : ", ") + (model.empty() ? cell(active, "use_case") : model);
  }
  return text.empty() ? "-" : text;
}

void print_nodes(Context& context, const nlohmann::json& status) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& site : status.value("sites", nlohmann::json::array())) {
    for (const auto& node : site.value("nodes", nlohmann::json::array())) {
      rows.push_back({cell(site, "site"), cell(node, "node"), is_true(node, "online") ? "online" : "offline",
                      cell(node, "last_seen"), running(node)});
    }
  }
  if (rows.empty()) {
    context.output << "no node has been seen yet\n";
  } else {
    print_table(context, {"site", "node", "state", "last seen", "runs"}, rows);
  }
}

Result<int> print_status(Context& context) {
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto status, api.get("/api/v1/status"));
  if (context.json) {
    context.output << status.dump(2) << '\n';
    return 0;
  }
  const auto ingest = status.value("ingest", nlohmann::json::object());
  context.output << fmt::format("millrace {}  up {} s  {} MB  data: {}\n", cell(status, "version"),
                                cell(status, "uptime_s", 0), cell(status, "memory_mb", 0), cell(status, "data_source"));
  context.output << fmt::format(
      "points {}  now {}/s  lag {} ms  duplicate batches {}  gaps {}  first decision after {} s\n",
      cell(ingest, "points_total"), cell(ingest, "points_per_s", 0), cell(ingest, "lag_ms", 0),
      cell(ingest, "duplicate_batches"), cell(ingest, "gaps"), cell(status, "first_decision_s", 1));
  print_nodes(context, status);
  return 0;
}

Result<int> print_devices(Context& context) {
  TRY_ASSIGN(const auto api, Api::open(context));
  TRY_ASSIGN(const auto status, api.get("/api/v1/status"));
  if (context.json) {
    context.output << status.value("sites", nlohmann::json::array()).dump(2) << '\n';
  } else {
    print_nodes(context, status);
  }
  return 0;
}

/// Whoever can write into the folder's secrets may log in: the platform reads the token from there.
Result<int> print_login(Context& context) {
  TRY_ASSIGN(const auto api, Api::open(context));
  const auto token = random_secret();
  TRY(write_file(context.directory / "secrets" / "login-token", token, FileMode::secret));
  const auto link = api.base_url() + "/login?token=" + token;
  context.output << (context.json ? nlohmann::json{{"link", link}}.dump(2) : link) << '\n';
  return 0;
}

}  // namespace

Run login_command(CLI::App&) { return print_login; }
Run status_command(CLI::App&) { return print_status; }
Run device_list_command(CLI::App&) { return print_devices; }

}  // namespace millrace::cli
