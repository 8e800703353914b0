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
  /// Computes all use cases anew when something was committed since, but never for more than a tenth of the time.
  void refresh();
  /// KpiSummary and Kpi of docs/openapi.yaml; before the first computation with what the use case file says.
  [[nodiscard]] nlohmann::json summary(const UseCase& use_case) const;
  [[nodiscard]] nlohmann::json detail(const UseCase& use_case) const;

 private:
  void publish(const std::string& use_case, nlohmann::json kpi, double current, std::int64_t n);
  Services& services_;
  bool busy_ = false;
  std::uint64_t measured_commits_ = 0;  ///< of the intake, plus one; 0: nothing was measured yet
  std::int64_t next_us_ = 0;            ///< monotonic
  std::map<std::string, nlohmann::json, std::less<>> computed_;  ///< Kpi by use case
};

}  // namespace millrace
