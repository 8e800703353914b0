#pragma once

#include "delivery/source.hpp"
#include "net/http/client.hpp"

#include <memory>

namespace millrace::delivery {

/// The platform's device API (docs/openapi.yaml): what should run is trusted because the connection is, and because
/// the client certificate says which device asks. `client` must outlive the source.
std::unique_ptr<Source> make_http_source(http::Client& client);

}  // namespace millrace::delivery
