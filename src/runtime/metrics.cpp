#include "runtime/metrics.hpp"

#include "base/assert.hpp"
#include "runtime/process.hpp"

#include <prometheus/check_names.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <string_view>
#include <utility>

namespace millrace {
namespace {
bool is_counter_name(std::string_view name) { return name.ends_with("_total"); }
}  // namespace

void Counter::add(double by) {
  if (counter_ != nullptr) counter_->Increment(by);
}
double Counter::value() const { return counter_ != nullptr ? counter_->Value() : 0; }
void Gauge::set(double value) {
  if (gauge_ != nullptr) gauge_->Set(value);
}
double Gauge::value() const { return gauge_ != nullptr ? gauge_->Value() : 0; }

struct MetricRegistry::State {
  prometheus::Registry registry;
  std::vector<std::pair<Gauge, std::function<double()>>> gauges;
  std::vector<std::pair<Counter, std::function<double()>>> counters;
};

MetricRegistry::MetricRegistry() : state_(std::make_unique<State>()) {}
MetricRegistry::~MetricRegistry() = default;

Counter MetricRegistry::counter(const std::string& name, const std::string& help, const MetricLabels& labels) {
  MILLRACE_ASSERT(prometheus::CheckMetricName(name) && is_counter_name(name));
  return Counter(&prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(labels));
}

Gauge MetricRegistry::gauge(const std::string& name, const std::string& help, const MetricLabels& labels) {
  MILLRACE_ASSERT(prometheus::CheckMetricName(name) && !is_counter_name(name));
  return Gauge(&prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(labels));
}

void MetricRegistry::watch(const std::string& name, const std::string& help, std::function<double()> value) {
  if (is_counter_name(name)) {
    state_->counters.emplace_back(counter(name, help), std::move(value));
  } else {
    state_->gauges.emplace_back(gauge(name, help), std::move(value));
  }
}

void MetricRegistry::add_process_metrics() {
  watch("process_resident_memory_bytes", "Resident memory of this process",
        [] { return static_cast<double>(resident_memory_bytes()); });
  watch("process_cpu_seconds_total", "Processor time of this process, user and system",
        [] { return static_cast<double>(process_cpu_us()) / 1e6; });
}

std::string MetricRegistry::scrape() {
  for (auto& [gauge, value] : state_->gauges) gauge.set(value());
  for (auto& [counter, value] : state_->counters) counter.add(value() - counter.value());
  return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

}  // namespace millrace
