#pragma once

#include "base/result.hpp"
#include "platform/use_case_store.hpp"

#include <nlohmann/json.hpp>
#include <string>

namespace millrace {

struct Services;

/// The outcome of each use case: computed from the lake on a timer, kept as JSON for whoever asks, stored in the lake's
/// table `kpis` when it changed. Loop thread only; the lake is asked on a worker.
class KpiBoard {
 public:
  explicit KpiBoard(Services& services) : services_(services) {}
  /// Computes all use cases anew unless that is under way.
  void refresh();
  /// KpiSummary and Kpi of docs/openapi.yaml; before the first computation with what the use case file says.
  [[nodiscard]] nlohmann::json summary(const UseCase& use_case) const;
  [[nodiscard]] nlohmann::json detail(const UseCase& use_case) const;

 private:
  void publish(const std::string& use_case, nlohmann::json kpi, double current, std::int64_t n);
  Services& services_;
  bool busy_ = false;
  std::map<std::string, nlohmann::json, std::less<>> computed_;   ///< Kpi by use case
};

}  // namespace millrace
