#include "kpi/definitions.hpp"

#include <cmath>

namespace millrace {
namespace {

double ratio(double part, double whole) { return whole > 0 ? part / whole : std::numeric_limits<double>::quiet_NaN(); }

constexpr KpiDefinition definitions[] = {
    {.name = "unplanned_failures_per_1000_cycles",
     .title = "Unplanned failures",
     .unit = "per 1000 cycles",
     .of_lives = [](const LifeTotals& t) { return ratio(1'000.0 * static_cast<double>(t.failures), t.cycles); },
     .count_of_lives = [](const LifeTotals& t) { return t.failures + t.overhauls; }},
    {.name = "wasted_cycles_per_engine",
     .title = "Life thrown away per overhaul",
     .unit = "cycles",
     .of_lives = [](const LifeTotals& t) { return ratio(t.wasted, static_cast<double>(t.findings)); },
     .count_of_lives = [](const LifeTotals& t) { return t.findings; }},
    {.name = "overhauls_per_1000_cycles",
     .title = "Overhauls",
     .unit = "per 1000 cycles",
     .of_lives = [](const LifeTotals& t) { return ratio(1'000.0 * static_cast<double>(t.overhauls), t.cycles); },
     .count_of_lives = [](const LifeTotals& t) { return t.failures + t.overhauls; }},
    {.name = "prediction_rmse",
     .title = "Error of the predictions whose truth is known by now (RMSE)",
     .unit = "cycles",
     .of_decisions =
         [](const DecisionTotals& t) { return std::sqrt(ratio(t.squared_error, static_cast<double>(t.known))); },
     .count_of_decisions = [](const DecisionTotals& t) { return t.known; }},
    {.name = "time_to_insight",
     .title = "Mean time from the measurement to its decision in the lake",
     .unit = "s",
     .of_decisions =
         [](const DecisionTotals& t) { return ratio(t.seconds_to_decision, static_cast<double>(t.decisions)); },
     .count_of_decisions = [](const DecisionTotals& t) { return t.decisions; }},
};

}  // namespace

std::span<const KpiDefinition> all_kpis() { return definitions; }

const KpiDefinition* find_kpi(std::string_view name) {
  for (const auto& definition : definitions) {
    if (definition.name == name) return &definition;
  }
  return nullptr;
}

}  // namespace millrace
