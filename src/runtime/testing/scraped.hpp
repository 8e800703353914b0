#pragma once

#include "runtime/metrics.hpp"

#include <string>

namespace millrace::testing {

/// A metric without labels as Prometheus would read it now; empty when there is none.
inline std::string scraped(MetricRegistry& metrics, const std::string& name) {
  const auto text = metrics.scrape();
  const auto line = text.find("\n" + name + " ");
  if (line == std::string::npos) return {};
  const auto value = line + name.size() + 2;
  return text.substr(value, text.find('\n', value) - value);
}

}  // namespace millrace::testing
