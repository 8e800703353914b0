#pragma once

#include <string_view>

namespace millrace {

std::string_view build_version();  ///< "0.1.0"
std::string_view build_commit();   ///< of the sources as they were built: 40 digits, "-dirty" behind; or "unknown"
std::string_view openapi_yaml();   ///< docs/openapi.yaml as it was built in

}  // namespace millrace
