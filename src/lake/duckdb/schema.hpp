#pragma once

namespace millrace::duck {

/// Statements that make the tables; each may be run again. docs/formats/lake.md says what the columns mean.
inline constexpr const char* lake_schema[] = {
    "CREATE TABLE IF NOT EXISTS lake.signals(signal_id INTEGER, site VARCHAR, asset VARCHAR, signal VARCHAR, "
    "unit VARCHAR, quantity VARCHAR)",
    "CREATE TABLE IF NOT EXISTS lake.samples(signal_id INTEGER, source_time TIMESTAMP, value DOUBLE, status UINTEGER, "
    "server_time TIMESTAMP)",
    "CREATE TABLE IF NOT EXISTS lake.decisions(decision_id VARCHAR, time TIMESTAMP, site VARCHAR, asset VARCHAR, "
    "device VARCHAR, use_case VARCHAR, use_case_version VARCHAR, model_version VARCHAR, feature_hash VARCHAR, "
    "clock DOUBLE, prediction DOUBLE, unit VARCHAR, advice VARCHAR, reason VARCHAR, inputs_good DOUBLE, hold INTEGER, "
    "latency_us DOUBLE, source_time TIMESTAMP, features DOUBLE[], received TIMESTAMP)",
    "CREATE TABLE IF NOT EXISTS lake.work_orders(time TIMESTAMP, site VARCHAR, asset VARCHAR, kind VARCHAR, "
    "clock DOUBLE, remaining_life DOUBLE, use_case VARCHAR, source VARCHAR)",
    "CREATE TABLE IF NOT EXISTS lake.labels(time TIMESTAMP, site VARCHAR, asset VARCHAR, use_case VARCHAR, "
    "decision_id VARCHAR, label VARCHAR, value DOUBLE, source VARCHAR)",
    "CREATE TABLE IF NOT EXISTS lake.events(time TIMESTAMP, site VARCHAR, asset VARCHAR, kind VARCHAR, detail VARCHAR)",
    "CREATE TABLE IF NOT EXISTS lake.kpis(time TIMESTAMP, use_case VARCHAR, kpi VARCHAR, value DOUBLE, n BIGINT)",
    "CREATE TABLE IF NOT EXISTS lake.quality(day TIMESTAMP, site VARCHAR, asset VARCHAR, signal VARCHAR, kind VARCHAR, "
    "n BIGINT)",
    "CREATE VIEW IF NOT EXISTS lake.predictions AS SELECT decision_id, source_time, site, asset, use_case, "
    "model_version, clock, prediction, unit FROM lake.decisions WHERE prediction IS NOT NULL",
};

}  // namespace millrace::duck
