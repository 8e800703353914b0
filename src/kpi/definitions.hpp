#pragma once

#include "kpi/lives.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace millrace {

/// Sums over live decisions up to a time; KPIs of the predictions are made of these.
struct DecisionTotals {
  TimeUs time_us = 0;
  std::int64_t decisions = 0;
  std::int64_t known = 0;          ///< decisions whose true remaining life is known by now
  double squared_error = 0;        ///< over those
  double seconds_to_decision = 0;  ///< source time to receipt, over all
};

/// A KPI that Millrace knows: exactly one of the two functions is there.
struct KpiDefinition {
  std::string_view name, title, unit;
  bool lower_is_better = true;
  double (*of_lives)(const LifeTotals&) = nullptr;  ///< NaN while it cannot be told
  std::int64_t (*count_of_lives)(const LifeTotals&) = nullptr;
  double (*of_decisions)(const DecisionTotals&) = nullptr;
  std::int64_t (*count_of_decisions)(const DecisionTotals&) = nullptr;
};

std::span<const KpiDefinition> all_kpis();
const KpiDefinition* find_kpi(std::string_view name);  ///< null when it is not known

}  // namespace millrace
