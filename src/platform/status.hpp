#pragma once

#include "platform/services.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace millrace {

/// Status of docs/openapi.yaml.
nlohmann::json json_status(Services& services);
/// Prometheus' text format, version 0.0.4.
std::string metrics_text(Services& services);

}  // namespace millrace
