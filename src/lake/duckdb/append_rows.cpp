#include "lake/duckdb/append_rows.hpp"

#include "lake/duckdb/row_appender.hpp"

namespace millrace::duck {

Result<void> append_rows(_duckdb_connection* to, const LakeCommit& rows) {
  if (!rows.signals.empty()) {
    RowAppender table(to, "signals");
    for (const auto& r : rows.signals) {
      table.integer(r.signal_id).text(r.site).text(r.asset).text(r.signal).text(r.unit).text(r.quantity).end_row();
    }
    TRY(table.finish());
  }
  if (!rows.decisions.empty()) {
    RowAppender table(to, "decisions");
    for (const auto& r : rows.decisions) {
      table.text(r.decision_id)
          .time(r.time_us)
          .text(r.site)
          .text(r.asset)
          .text(r.device)
          .text(r.use_case)
          .text(r.use_case_version)
          .text(r.model_version)
          .text(r.feature_hash)
          .number(r.clock)
          .number(r.prediction)
          .text(r.unit)
          .text(r.advice)
          .text(r.reason)
          .number(r.inputs_good)
          .integer(r.hold)
          .number(r.latency_us)
          .time(r.source_time_us)
          .numbers(r.features)
          .time(r.received_us)
          .end_row();
    }
    TRY(table.finish());
  }
  if (!rows.work_orders.empty()) {
    RowAppender table(to, "work_orders");
    for (const auto& r : rows.work_orders) {
      table.time(r.time_us)
          .text(r.site)
          .text(r.asset)
          .text(r.kind)
          .number(r.clock)
          .number(r.remaining_life)
          .text(r.use_case)
          .text(r.source)
          .end_row();
    }
    TRY(table.finish());
  }
  if (!rows.labels.empty()) {
    RowAppender table(to, "labels");
    for (const auto& r : rows.labels) {
      table.time(r.time_us)
          .text(r.site)
          .text(r.asset)
          .text(r.use_case)
          .text(r.decision_id)
          .text(r.label)
          .number(r.value)
          .text(r.source)
          .end_row();
    }
    TRY(table.finish());
  }
  if (!rows.events.empty()) {
    RowAppender table(to, "events");
    for (const auto& r : rows.events)
      table.time(r.time_us).text(r.site).text(r.asset).text(r.kind).text(r.detail).end_row();
    TRY(table.finish());
  }
  if (!rows.kpis.empty()) {
    RowAppender table(to, "kpis");
    for (const auto& r : rows.kpis)
      table.time(r.time_us).text(r.use_case).text(r.kpi).number(r.value).integer(r.n).end_row();
    TRY(table.finish());
  }
  if (!rows.quality.empty()) {
    RowAppender table(to, "quality");
    for (const auto& r : rows.quality)
      table.time(r.day_us).text(r.site).text(r.asset).text(r.signal).text(r.kind).integer(r.n).end_row();
    TRY(table.finish());
  }
  return {};
}

}  // namespace millrace::duck
