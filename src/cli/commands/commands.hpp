#pragma once

#include "cli/command.hpp"

namespace millrace::cli {

Run status_command(CLI::App& options);
Run login_command(CLI::App& options);

Run use_case_check_command(CLI::App& options);
Run use_case_plan_command(CLI::App& options);
Run use_case_apply_command(CLI::App& options);

Run data_import_command(CLI::App& options);
Run data_export_command(CLI::App& options);
Run data_sql_command(CLI::App& options);
Run data_quality_command(CLI::App& options);

Run model_train_command(CLI::App& options);
Run model_list_command(CLI::App& options);
Run model_show_command(CLI::App& options);
Run model_trace_command(CLI::App& options);
Run model_approve_command(CLI::App& options);

Run trace_command(CLI::App& options);
Run kpi_show_command(CLI::App& options);
Run device_list_command(CLI::App& options);

}  // namespace millrace::cli
