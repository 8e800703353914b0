#include "lake/duckdb/append_rows.hpp"

#include "lake/duckdb/row_appender.hpp"

#include <vector>

namespace millrace::duck {
namespace {

// The columns of each table, in its order.

void append(RowAppender& table, const SignalRow& r) {
  table.integer(r.signal_id).text(r.site).text(r.asset).text(r.signal).text(r.unit).text(r.quantity);
}

void append(RowAppender& table, const DecisionRow& r) {
  table.text(r.decision_id).time(r.time_us).text(r.site).text(r.asset).text(r.device);
  table.text(r.use_case).text(r.use_case_version).text(r.model_version).text(r.feature_hash);
  table.number(r.clock).number(r.prediction).text(r.unit).text(r.advice).text(r.reason);
  table.number(r.inputs_good).integer(r.hold).number(r.latency_us).time(r.source_time_us);
  table.numbers(r.features).time(r.received_us);
}

void append(RowAppender& table, const WorkOrderRow& r) {
  table.time(r.time_us).text(r.site).text(r.asset).text(r.kind);
  table.number(r.clock).number(r.remaining_life).text(r.use_case).text(r.source);
}

void append(RowAppender& table, const LabelRow& r) {
  table.time(r.time_us).text(r.site).text(r.asset).text(r.use_case);
  table.text(r.decision_id).text(r.label).number(r.value).text(r.source);
}

void append(RowAppender& table, const EventRow& r) {
  table.time(r.time_us).text(r.site).text(r.asset).text(r.kind).text(r.detail);
}

void append(RowAppender& table, const KpiRow& r) {
  table.time(r.time_us).text(r.use_case).text(r.kpi).number(r.value).integer(r.n);
}

void append(RowAppender& table, const QualityRow& r) {
  table.time(r.day_us).text(r.site).text(r.asset).text(r.signal).text(r.kind).integer(r.n);
}

template <typename Row>
Result<void> append_all(_duckdb_connection* to, const char* name, const std::vector<Row>& rows) {
  if (rows.empty()) return {};
  RowAppender table(to, name);
  for (const Row& row : rows) {
    append(table, row);
    table.end_row();
  }
  return table.finish();
}

}  // namespace

Result<void> append_rows(_duckdb_connection* to, const LakeCommit& rows) {
  TRY(append_all(to, "signals", rows.signals));
  TRY(append_all(to, "decisions", rows.decisions));
  TRY(append_all(to, "work_orders", rows.work_orders));
  TRY(append_all(to, "labels", rows.labels));
  TRY(append_all(to, "events", rows.events));
  TRY(append_all(to, "kpis", rows.kpis));
  return append_all(to, "quality", rows.quality);
}

}  // namespace millrace::duck
