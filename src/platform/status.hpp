#pragma once

#include "platform/services.hpp"

#include <nlohmann/json.hpp>

namespace millrace {

/// Status of docs/openapi.yaml.
nlohmann::json json_status(Services& services);

}  // namespace millrace
