#include "platform/kpi_board.hpp"

#include "kpi/outcome.hpp"
#include "platform/api_json.hpp"
#include "platform/intake.hpp"
#include "platform/queries/queries.hpp"
#include "platform/services.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace millrace {
namespace {

using nlohmann::json;

constexpr std::int64_t mark_limit = 100;
constexpr std::int64_t rest_factor = 9;  // rests nine times as long as it worked

/// A use case with what its KPI was measured as; `marks` are the newest work orders.
struct Measured {
  AppliedUseCase applied;
  Result<OutcomeReport> report = fail(ErrorCode::unavailable, "not measured yet");
  Result<QueryResult> work_orders = fail(ErrorCode::unavailable, "not asked yet");
};

json json_or_null(const std::optional<bool>& value) { return value ? json(*value) : json(); }

/// What the file says; numbers are null until they are measured.
json unmeasured(const UseCase& use_case) {
  const auto& outcome = use_case.outcome;
  const auto* kpi = find_kpi(outcome.kpi);
  const bool known = outcome.baseline.measured.has_value();
  json guards = json::array();
  for (const auto& guard : outcome.guard) {
    const auto* definition = find_kpi(guard.kpi);
    guards.push_back({{"name", guard.kpi},
                      {"title", definition != nullptr ? definition->title : guard.kpi},
                      {"unit", definition != nullptr ? definition->unit : ""},
                      {"comparison", to_string(guard.limit.compare)},
                      {"limit", guard.limit.value},
                      {"current", nullptr},
                      {"met", nullptr}});
  }
  return {{"use_case", use_case.name},
          {"kpi", outcome.kpi},
          {"title", kpi != nullptr ? std::string(kpi->title) : outcome.kpi},
          {"unit", kpi != nullptr ? kpi->unit : ""},
          {"baseline", known ? json(*outcome.baseline.measured) : json()},
          {"target", known || !outcome.target.relative
                         ? json_number(outcome.target.absolute(outcome.baseline.measured.value_or(0)))
                         : json()},
          {"current", nullptr},
          {"direction", kpi == nullptr || kpi->lower_is_better ? "lower" : "higher"},
          {"met", nullptr},
          {"n", 0},
          {"guards", guards},
          {"series", json::array()},
          {"marks", json::array()}};
}

json json_report(const UseCase& use_case, const OutcomeReport& report) {
  auto kpi = unmeasured(use_case);
  kpi["baseline"] = json_number(report.baseline);
  kpi["target"] = json_number(report.target);
  kpi["current"] = json_number(report.current);
  kpi["direction"] = report.lower_is_better ? "lower" : "higher";
  kpi["met"] = json_or_null(report.met);
  kpi["n"] = report.n;
  for (std::size_t i = 0; i < report.guards.size() && i < kpi["guards"].size(); ++i) {
    kpi["guards"][i]["current"] = json_number(report.guards[i].current);
    kpi["guards"][i]["met"] = json_or_null(report.guards[i].met);
  }
  for (const auto& point : report.series) {
    kpi["series"].push_back({{"time", format_time(point.time_us)},
                             {"value", json_number(point.value)},
                             {"guard", json_number(point.guard)}});
  }
  return kpi;
}

/// What changed when: work orders, models, the use case itself.
json marks_of(const Measured& measured, const std::vector<ModelVersion>& models) {
  json marks = json::array();
  const auto add = [&](const std::string& time, const std::string& kind, const std::string& text) {
    marks.push_back({{"time", time}, {"kind", kind}, {"text", text}});
  };
  const auto& version = measured.applied.version;
  add(format_time(version.applied_us), "use_case", "version " + std::to_string(version.version) + " applied");
  for (const auto& model : models) {
    if (model.use_case != measured.applied.use_case.name || model.approval.time_us == 0) continue;
    add(format_time(model.approval.time_us), "model", "model " + model.name() + " approved by " + model.approval.by);
  }
  if (!measured.work_orders) return marks;
  for (std::size_t row = 0; row < measured.work_orders->rows.size(); ++row) {
    const auto kind = measured.work_orders->text(row, 1);
    add(measured.work_orders->text(row, 0), kind, measured.work_orders->text(row, 2) + ": " + kind);
  }
  return marks;
}

/// Blocking.
void measure(Lake& lake, std::vector<Measured>& all) {
  for (auto& measured : all) {
    measured.report = measure_outcome(lake, measured.applied.use_case);
    const auto query = queries::work_order_marks(measured.applied.use_case.name, mark_limit);
    measured.work_orders = lake.query(query.sql, {.parameters = query.parameters});
  }
}

}  // namespace

void KpiBoard::refresh() {
  const auto& clock = services_.loop.clock();
  const auto started_us = clock.monotonic_us();
  const auto commits = services_.intake.now_stats().commits + 1;
  if (busy_ || services_.use_cases.all().empty() || started_us < next_us_ || commits == measured_commits_) return;
  measured_commits_ = commits;
  auto all = std::make_shared<std::vector<Measured>>();
  for (const auto& [name, applied] : services_.use_cases.all()) all->push_back({.applied = applied});
  busy_ = services_.workers
              .submit([&lake = services_.lake, all] { measure(lake, *all); },
                      [this, all, started_us] {
                        busy_ = false;
                        const auto finished_us = services_.loop.clock().monotonic_us();
                        next_us_ = finished_us + rest_factor * (finished_us - started_us);
                        const auto models = services_.models.list();
                        for (auto& measured : *all) {
                          if (!measured.report) continue;  // the last figures stay
                          auto kpi = json_report(measured.applied.use_case, *measured.report);
                          kpi["marks"] = marks_of(measured, models ? *models : std::vector<ModelVersion>());
                          publish(measured.applied.use_case.name, std::move(kpi), measured.report->current,
                                  measured.report->n);
                        }
                      })
              .has_value();
}

void KpiBoard::publish(const std::string& use_case, json kpi, double current, std::int64_t n) {
  auto& computed = computed_[use_case];
  const bool changed = computed.is_null() || computed["current"] != kpi["current"] || computed["n"] != kpi["n"];
  computed = std::move(kpi);
  if (!changed) return;
  auto short_form = computed;
  short_form["series"] = json::array();
  short_form["marks"] = json::array();
  if (!services_.events.empty()) services_.events.send("kpi", dump(short_form));
  if (n == 0) return;
  LakeCommit rows;
  rows.kpis.push_back({services_.now_us(), use_case, computed["kpi"].get<std::string>(), current, n});
  services_.intake.store(std::move(rows), {});
}

json KpiBoard::detail(const UseCase& use_case) const {
  const auto found = computed_.find(use_case.name);
  return found != computed_.end() ? found->second : unmeasured(use_case);
}

json KpiBoard::summary(const UseCase& use_case) const {
  const auto kpi = detail(use_case);
  json summary = json::object();
  for (const auto* member : {"kpi", "title", "unit", "baseline", "target", "current", "direction", "met"})
    summary[member] = kpi[member];
  return summary;
}

}  // namespace millrace
