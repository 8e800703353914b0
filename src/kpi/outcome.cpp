#include "kpi/outcome.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace millrace {
namespace {

constexpr std::size_t series_limit = 300;
constexpr std::size_t all_rows = 10'000'000;

Result<const KpiDefinition*> known_kpi(const std::string& name) {
  if (const auto* kpi = find_kpi(name)) return kpi;
  std::string known;
  for (const auto& each : all_kpis()) known += fmt::format("{}{}", known.empty() ? "" : ", ", each.name);
  return fail(ErrorCode::not_found, fmt::format("no KPI \"{}\"; there are: {}", name, known));
}

Result<std::vector<LifeEvent>> read_events(Lake& lake, const std::string& where, std::vector<QueryCell> parameters) {
  TRY_ASSIGN(
      const auto rows,
      lake.query("SELECT epoch_us(time), site || '/' || asset, kind, clock, remaining_life FROM work_orders WHERE " +
                     where + " ORDER BY time",
                 {.parameters = std::move(parameters), .row_limit = all_rows}));
  std::vector<LifeEvent> events;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    events.push_back({static_cast<TimeUs>(rows.number(i, 0)), rows.text(i, 1), rows.text(i, 2), rows.number(i, 3),
                      rows.number(i, 4)});
  }
  return events;
}

/// The clocks of assets that were online, thinned to the last reading in each of a few hundred spans of time.
Result<std::vector<ClockReading>> read_clocks(Lake& lake, const UseCase& use_case) {
  std::vector<ClockReading> readings;
  const auto* clock = use_case.signal_with_role(SignalRole::clock);
  if (clock == nullptr) return readings;
  TRY_ASSIGN(
      const auto rows,
      lake.query("WITH live AS (SELECT site, asset, min(time) AS since FROM events WHERE kind = 'online' AND asset IS "
                 "NOT NULL GROUP BY ALL), "
                 "clock AS (SELECT n.site || '/' || n.asset AS asset, s.source_time AS time, s.value FROM samples s "
                 "JOIN signals n USING (signal_id) "
                 "SEMI JOIN live ON live.site = n.site AND live.asset = n.asset "
                 "WHERE n.signal = ? AND (? = '*' OR n.site = ?) AND s.value IS NOT NULL AND s.status < 2147483648 "
                 // Imported history of an asset that is live now ended before it came online; a minute of slack for
                 // clocks that differ.
                 "AND s.source_time >= (SELECT min(since) FROM live) - INTERVAL 1 HOUR), "
                 "span AS (SELECT epoch_us(min(time)) AS first, greatest((epoch_us(max(time)) - epoch_us(min(time))) "
                 "// 200, 1) AS width FROM clock) "
                 "SELECT asset, epoch_us(max(time)), arg_max(value, time) FROM clock, span "
                 "GROUP BY asset, (epoch_us(time) - first) // width ORDER BY 2",
                 {.parameters = {clock->name, use_case.assets.site, use_case.assets.site}, .row_limit = all_rows}));
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    readings.push_back({static_cast<TimeUs>(rows.number(i, 1)), rows.text(i, 0), rows.number(i, 2)});
  }
  return readings;
}

/// The truth of a prediction is told by the next end of that asset's life: its clock and what was left then, cut at the
/// label's cap as the model was taught.
Result<std::vector<DecisionTotals>> read_decisions(Lake& lake, const UseCase& use_case) {
  const double cap = use_case.model.label.cap.value_or(1e300);
  TRY_ASSIGN(
      const auto rows,
      lake.query("WITH d AS (SELECT site, asset, coalesce(source_time, time) AS time, clock, prediction, "
                 "(epoch_us(received) - epoch_us(source_time)) / 1e6 AS delay FROM decisions WHERE use_case = ?), "
                 "joined AS (SELECT d.time, d.delay, least(w.clock + coalesce(w.remaining_life, 0) - d.clock, ?) - "
                 "least(d.prediction, ?) AS error "
                 "FROM d ASOF LEFT JOIN (SELECT * FROM work_orders WHERE source = 'live' AND (use_case = ? OR use_case "
                 "IS NULL)) w "
                 "ON d.site = w.site AND d.asset = w.asset AND d.time <= w.time), "
                 "span AS (SELECT epoch_us(min(time)) AS first, greatest((epoch_us(max(time)) - epoch_us(min(time))) "
                 "// 200, 1) AS width FROM joined) "
                 "SELECT epoch_us(max(time)), count(*), count(error), coalesce(sum(error * error), 0), "
                 "coalesce(sum(delay), 0) "
                 "FROM joined, span GROUP BY (epoch_us(time) - first) // width ORDER BY 1",
                 {.parameters = {use_case.name, cap, cap, use_case.name}, .row_limit = all_rows}));
  std::vector<DecisionTotals> totals;
  DecisionTotals sum;
  for (std::size_t i = 0; i < rows.rows.size(); ++i) {
    sum.time_us = static_cast<TimeUs>(rows.number(i, 0));
    sum.decisions += static_cast<std::int64_t>(rows.number(i, 1));
    sum.known += static_cast<std::int64_t>(rows.number(i, 2));
    sum.squared_error += rows.number(i, 3);
    sum.seconds_to_decision += rows.number(i, 4);
    totals.push_back(sum);
  }
  return totals;
}

/// Everything that the KPIs of one use case need, read once.
struct Measured {
  std::vector<LifeTotals> lives;
  std::vector<DecisionTotals> decisions;
};

struct Value {
  double value = no_value;
  std::int64_t n = 0;
};

/// The KPI with what was known at a time (the newest totals not after it).
Value value_at(const KpiDefinition& kpi, const Measured& measured, TimeUs time_us) {
  const auto newest = [&](const auto& totals) {
    return std::upper_bound(totals.begin(), totals.end(), time_us,
                            [](TimeUs t, const auto& each) { return t < each.time_us; });
  };
  if (kpi.of_lives != nullptr) {
    const auto end = newest(measured.lives);
    if (end == measured.lives.begin()) return {};
    return {kpi.of_lives(*std::prev(end)), kpi.count_of_lives(*std::prev(end))};
  }
  const auto end = newest(measured.decisions);
  if (end == measured.decisions.begin()) return {};
  return {kpi.of_decisions(*std::prev(end)), kpi.count_of_decisions(*std::prev(end))};
}

Result<void> measure_baseline(Lake& lake, const UseCase& use_case, OutcomeReport& report) {
  const auto& baseline = use_case.outcome.baseline;
  report.baseline = baseline.measured.value_or(no_value);
  if (report.kpi->of_lives == nullptr) return {};
  std::string where = "(use_case = ? OR use_case IS NULL)";
  std::vector<QueryCell> parameters = {use_case.name};
  if (baseline.from_us || baseline.to_us) {
    where += " AND time >= make_timestamp(?) AND time < make_timestamp(?)";
    parameters.emplace_back(baseline.from_us.value_or(0));
    parameters.emplace_back(baseline.to_us.value_or(4'000'000'000'000'000));
  } else {
    where += " AND source = 'import'";
  }
  TRY_ASSIGN(auto events, read_events(lake, where, std::move(parameters)));
  const auto totals = accumulate_lives({}, std::move(events));
  if (totals.empty()) return {};
  const double measured = report.kpi->of_lives(totals.back());
  if (std::isnan(measured)) return {};
  report.baseline = measured;
  report.baseline_n = report.kpi->count_of_lives(totals.back());
  return {};
}

std::vector<KpiPoint> make_series(const OutcomeReport& report, const Measured& measured) {
  std::vector<TimeUs> times;
  if (report.kpi->of_lives != nullptr) {
    for (const auto& totals : measured.lives) times.push_back(totals.time_us);
  } else {
    for (const auto& totals : measured.decisions) times.push_back(totals.time_us);
  }
  std::vector<KpiPoint> series;
  const std::size_t step = times.size() / series_limit + 1;
  for (std::size_t i = 0; i < times.size(); i += step) {
    const auto time_us = i + step >= times.size() ? times.back() : times[i];  // the newest is always there
    series.push_back(
        {time_us, value_at(*report.kpi, measured, time_us).value,
         report.guards.empty() ? no_value : value_at(*report.guards.front().kpi, measured, time_us).value});
  }
  return series;
}

}  // namespace

Result<OutcomeReport> measure_outcome(Lake& lake, const UseCase& use_case) {
  OutcomeReport report;
  TRY_ASSIGN(report.kpi, known_kpi(use_case.outcome.kpi));
  Measured measured;
  TRY_ASSIGN(auto events, read_events(lake, "source = 'live' AND (use_case = ? OR use_case IS NULL)", {use_case.name}));
  TRY_ASSIGN(auto clocks, read_clocks(lake, use_case));
  measured.lives = accumulate_lives(std::move(clocks), std::move(events));
  TRY_ASSIGN(measured.decisions, read_decisions(lake, use_case));
  constexpr TimeUs now = std::numeric_limits<TimeUs>::max();

  TRY(measure_baseline(lake, use_case, report));
  report.target = use_case.outcome.target.absolute(report.baseline);
  report.lower_is_better = std::isnan(report.target) || std::isnan(report.baseline) || report.target == report.baseline
                               ? report.kpi->lower_is_better
                               : report.target < report.baseline;
  const auto current = value_at(*report.kpi, measured, now);
  report.current = current.value;
  report.n = current.n;
  if (!std::isnan(report.current) && !std::isnan(report.target) && report.n > 0) {
    report.met = report.lower_is_better ? report.current <= report.target : report.current >= report.target;
  }
  for (const auto& guard : use_case.outcome.guard) {
    TRY_ASSIGN(const auto* kpi, known_kpi(guard.kpi));
    const auto value = value_at(*kpi, measured, now);
    GuardReport each{.kpi = kpi, .limit = guard.limit, .current = value.value, .n = value.n};
    if (!std::isnan(value.value)) each.met = guard.limit.holds(value.value);
    report.guards.push_back(std::move(each));
  }
  report.series = make_series(report, measured);
  return report;
}

}  // namespace millrace
