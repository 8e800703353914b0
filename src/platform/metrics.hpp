#pragma once

#include "platform/services.hpp"
#include "runtime/metrics.hpp"

namespace millrace {

/// The platform's rows of docs/formats/metrics.md. Scrape on the loop's thread.
void add_metrics(MetricRegistry& metrics, const Services& services);

}  // namespace millrace
