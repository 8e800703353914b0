#pragma once

#include "net/http/server.hpp"
#include "runtime/metrics.hpp"

#include <cstdint>
#include <memory>

namespace millrace::http {

/// GET /metrics on the loopback address, for Prometheus. `metrics` must outlive the server.
std::unique_ptr<Server> make_metrics_server(Loop& loop, MetricRegistry& metrics, std::uint16_t port);

}  // namespace millrace::http
