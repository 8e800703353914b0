#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
}  // namespace prometheus

namespace millrace {

/// Handles are cheap to copy, thread-safe, and valid as long as their registry. An empty one does nothing, so code that
/// is not watched needs no ifs.
class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  void add(double by = 1);
  [[nodiscard]] double value() const;

 private:
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  void set(double value);
  [[nodiscard]] double value() const;

 private:
  prometheus::Gauge* gauge_ = nullptr;
};

using MetricLabels = std::map<std::string, std::string>;

/// A process's metrics in Prometheus' text format. Names are snake_case with unit and "_total" as Prometheus wants
/// them: "millrace_platform_points_total"; counters, and only they, end with "_total". Asking again for the same name
/// and labels gives the same metric. A name that breaks these rules is a programmer's error (assertion).
class MetricRegistry {
 public:
  MetricRegistry();
  ~MetricRegistry();
  MetricRegistry(const MetricRegistry&) = delete;
  MetricRegistry& operator=(const MetricRegistry&) = delete;

  Counter counter(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const MetricLabels& labels = {});
  /// Asked for when it is scraped, on the scraping thread. The name says what it is, as Prometheus wants it: with
  /// "_total" at its end a counter, whose value never falls, else a gauge.
  void watch(const std::string& name, const std::string& help, std::function<double()> value);
  /// Resident memory and processor time of this process under Prometheus' usual names.
  void add_process_metrics();

  [[nodiscard]] std::string scrape();  ///< content type "text/plain; version=0.0.4"

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace millrace
