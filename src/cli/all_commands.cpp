#include "cli/command.hpp"
#include "cli/commands/commands.hpp"

namespace millrace::cli {

std::vector<Command> all_commands() {
  return {
      {"status", "", "What runs, what arrives, how late it is", status_command},
      {"login", "", "Print a new one-time link to the console", login_command},
      {"usecase", "check", "Check a use case file, without a platform", use_case_check_command},
      {"usecase", "plan", "Show what applying a use case file would change", use_case_plan_command},
      {"usecase", "apply", "Make a use case file known to platform, gateways and edges", use_case_apply_command},
      {"data", "import", "Import samples or work orders from CSV or NASA's C-MAPSS files", data_import_command},
      {"data", "export", "Write samples, decisions or work orders as CSV", data_export_command},
      {"data", "sql", "Ask the lake in SQL (reading only)", data_sql_command},
      {"data", "quality", "How complete and how good the signals of a use case are", data_quality_command},
      {"model", "train", "Train a model of a use case from the lake, check its gates, register it",
       model_train_command},
      {"model", "list", "All model versions", model_list_command},
      {"model", "show", "One model version: metrics, gates, files", model_show_command},
      {"model", "trace", "Where a model version comes from: data, code, people", model_trace_command},
      {"model", "approve", "Answer for a model version: it becomes active on the edges", model_approve_command},
      {"trace", "", "Where a decision comes from: model, data, code, approver, device, verdict", trace_command},
      {"kpi", "show", "The outcome against baseline and target", kpi_show_command},
      {"device", "list", "Gateways and edges: online, last seen, what they run", device_list_command},
  };
}

}  // namespace millrace::cli
