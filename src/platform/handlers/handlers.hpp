#pragma once

#include "net/http/server.hpp"
#include "platform/services.hpp"

namespace millrace::handlers {

/// One function per operation of docs/openapi.yaml; routes.cpp says which path calls which.
using Handler = void(Services&, const http::Request&, const http::Reply&);

Handler login;             // session.cpp
Handler openapi, metrics;  // system.cpp
Handler status;
void events(Services& services, std::shared_ptr<http::EventStream> stream);

Handler refuse_get_of_plan;
Handler list_use_cases, get_use_case, plan_use_case, apply_use_case;  // use_cases.cpp
Handler get_kpi;                                                      // kpis.cpp
Handler list_assets, list_signals, get_samples;                       // assets.cpp
Handler list_decisions, get_decision, set_verdict;                    // decisions.cpp
Handler list_models, get_model, train_model, approve_model, get_job;  // models.cpp
Handler import_data, query_sql, get_quality, get_quality_report;      // data.cpp
Handler get_assignment, get_artifact, report_device;                  // device.cpp

}  // namespace millrace::handlers
