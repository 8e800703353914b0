#pragma once

#include "base/result.hpp"
#include "kpi/definitions.hpp"
#include "lake/lake.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace millrace {

struct KpiPoint {
  TimeUs time_us = 0;
  double value = 0;  ///< NaN while it cannot be told
  double guard = 0;  ///< the first guard at that time; NaN: none or not known
};

struct GuardReport {
  const KpiDefinition* kpi = nullptr;
  Comparison limit;
  double current = 0;  ///< NaN: not known yet
  std::int64_t n = 0;
  std::optional<bool> met;  ///< nothing while `current` is not known
};

/// The outcome of a use case as the lake tells it. Numbers that are not known (yet) are NaN.
struct OutcomeReport {
  const KpiDefinition* kpi = nullptr;
  double baseline = 0;
  std::int64_t baseline_n = 0;  ///< lives it was measured from; 0: as written in the use case file
  double target = 0;            ///< absolute
  double current = 0;
  std::int64_t n = 0;           ///< lives (or decisions) behind `current`
  bool lower_is_better = true;  ///< from the target when it lies beside the baseline, else from the KPI
  std::optional<bool> met;
  std::vector<KpiPoint> series;  ///< cumulative over the live time, at most 300 points
  std::vector<GuardReport> guards;
};

/// Blocking; run it on a worker. "Live" is what came in through the ingest: work orders with source "live", decisions,
/// and the clocks of assets that were born online. History is what was imported: work orders with source "import".
///
/// Baseline: with a policy, from the imported work orders (run_to_failure: they are what happens without Millrace);
/// with from/to, from all work orders in that time; without data, the number that the file gives. `not_found` names the
/// KPIs that are known when the use case asks for another.
Result<OutcomeReport> measure_outcome(Lake& lake, const UseCase& use_case);

}  // namespace millrace
