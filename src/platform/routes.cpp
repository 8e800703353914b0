#include "platform/routes.hpp"

#include "platform/config.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/static_files.hpp"

#include <string_view>

namespace millrace {
namespace {

constexpr std::size_t small_body_bytes = 1u << 20;

struct Row {
  std::string_view method, pattern;
  handlers::Handler* handle;
  std::size_t body_limit_bytes = small_body_bytes;
};

constexpr Row console_table[] = {
    {"GET", "/login", handlers::login},
    {"GET", "/openapi.yaml", handlers::openapi},
    {"GET", "/metrics", handlers::metrics},
    {"GET", "/api/v1/status", handlers::status},
    {"GET", "/api/v1/use-cases", handlers::list_use_cases},
    {"POST", "/api/v1/use-cases", handlers::apply_use_case},
    {"POST", "/api/v1/use-cases/plan", handlers::plan_use_case},
    {"GET", "/api/v1/use-cases/plan", handlers::refuse_get_of_plan},
    {"GET", "/api/v1/use-cases/{use_case}", handlers::get_use_case},
    {"GET", "/api/v1/kpis/{use_case}", handlers::get_kpi},
    {"GET", "/api/v1/assets", handlers::list_assets},
    {"GET", "/api/v1/assets/{asset}/signals", handlers::list_signals},
    {"GET", "/api/v1/assets/{asset}/samples", handlers::get_samples},
    {"GET", "/api/v1/decisions", handlers::list_decisions},
    {"GET", "/api/v1/decisions/{decision_id}", handlers::get_decision},
    {"POST", "/api/v1/decisions/{decision_id}/verdict", handlers::set_verdict},
    {"GET", "/api/v1/models", handlers::list_models},
    {"POST", "/api/v1/models/train", handlers::train_model},
    {"GET", "/api/v1/models/{use_case}/{version}", handlers::get_model},
    {"POST", "/api/v1/models/{use_case}/{version}/approve", handlers::approve_model},
    {"GET", "/api/v1/jobs/{job}", handlers::get_job},
    {"POST", "/api/v1/data/import", handlers::import_data, import_body_bytes},
    {"POST", "/api/v1/data/sql", handlers::query_sql},
    {"GET", "/api/v1/data/quality", handlers::get_quality},
    {"GET", "/api/v1/data/quality/{use_case}", handlers::get_quality_report},
};

constexpr Row device_table[] = {
    {"GET", "/api/v1/device/assignment", handlers::get_assignment},
    {"GET", "/api/v1/artifacts/{sha256}", handlers::get_artifact},
    {"POST", "/api/v1/device/report", handlers::report_device},
};

http::Route route(Services& services, const Row& row) {
  return {.method = std::string(row.method),
          .pattern = std::string(row.pattern),
          .handle = [&services, handle = row.handle](const http::Request& request,
                                                     const http::Reply& reply) { handle(services, request, reply); },
          .body_limit_bytes = row.body_limit_bytes};
}

/// Everything that is no operation: a file of the console, or nothing.
void fall_back(const Services& services, const http::Request& request, const http::Reply& reply) {
  reply(request.path.starts_with("/api/")
            ? http::problem({ErrorCode::not_found, "no such path: the operations are listed in /openapi.yaml"})
            : static_file(services.config.console.files, request.path));
}

}  // namespace

std::vector<http::Route> console_routes(Services& services) {
  std::vector<http::Route> routes;
  for (const auto& row : console_table) routes.push_back(route(services, row));
  routes.push_back({.method = "GET",
                    .pattern = "/api/v1/events",
                    .handle = {},
                    .stream = [&services](const http::Request&, std::shared_ptr<http::EventStream> stream) {
                      handlers::events(services, std::move(stream));
                    }});
  routes.push_back({.method = "GET",
                    .pattern = "/{rest*}",
                    .handle = [&services](const http::Request& request, const http::Reply& reply) {
                      fall_back(services, request, reply);
                    }});
  return routes;
}

std::vector<http::Route> device_routes(Services& services) {
  std::vector<http::Route> routes;
  for (const auto& row : device_table) routes.push_back(route(services, row));
  return routes;
}

}  // namespace millrace
