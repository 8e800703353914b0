#include "runtime/metrics.hpp"

#include "base/assert.hpp"
#include "runtime/process.hpp"

#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <utility>

namespace millrace {

void Counter::add(double by) {
  if (counter_ != nullptr) counter_->Increment(by);
}
double Counter::value() const { return counter_ != nullptr ? counter_->Value() : 0; }
void Gauge::set(double value) {
  if (gauge_ != nullptr) gauge_->Set(value);
}
double Gauge::value() const { return gauge_ != nullptr ? gauge_->Value() : 0; }
void Histogram::observe(double value) {
  if (histogram_ != nullptr) histogram_->Observe(value);
}

struct MetricRegistry::State {
  prometheus::Registry registry;
  std::vector<std::pair<Gauge, std::function<double()>>> functions;
};

MetricRegistry::MetricRegistry() : state_(std::make_unique<State>()) {}
MetricRegistry::~MetricRegistry() = default;

Counter MetricRegistry::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  MILLRACE_ASSERT(prometheus::CheckMetricName(name));
  return Counter(&prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(labels));
}

Gauge MetricRegistry::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  MILLRACE_ASSERT(prometheus::CheckMetricName(name));
  return Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(labels));
}

Histogram MetricRegistry::histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                                    const MetricLabels& labels) {
  MILLRACE_ASSERT(prometheus::CheckMetricName(name));
  return Histogram(&prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry).Add(labels, bounds));
}

void MetricRegistry::gauge_function(const std::string& name, const std::string& help, std::function<double()> value) {
  state_->functions.emplace_back(gauge(name, help), std::move(value));
}

void MetricRegistry::add_process_metrics() {
  gauge_function("process_resident_memory_bytes", "Resident memory of this process",
                 [] { return static_cast<double>(resident_memory_bytes()); });
  gauge_function("process_cpu_seconds_total", "Processor time of this process, user and system",
                 [] { return static_cast<double>(process_cpu_us()) / 1e6; });
}

std::string MetricRegistry::scrape() {
  for (auto& [gauge, value] : state_->functions) gauge.set(value());
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

std::vector<double> decade_bounds(double low, double high) {
  std::vector<double> bounds;
  for (double decade = low; decade <= high * 1.0001; decade *= 10) {
    for (double step : {1.0, 2.0, 5.0}) {
      if (decade * step <= high * 1.0001) bounds.push_back(decade * step);
    }
  }
  return bounds;
}

}  // namespace millrace
