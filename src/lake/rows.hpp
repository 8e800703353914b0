#pragma once

#include "base/time.hpp"
#include "signal/status.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace millrace {

/// The tables of the lake as C++ rows; docs/formats/lake.md explains each column. NaN is stored as NULL and read as
/// NaN.
inline constexpr double no_value = std::numeric_limits<double>::quiet_NaN();

/// Points as columns, all of one length (`server_time_us` may stay empty: no point has one; 0 in it means "none").
struct SampleBatch {
  std::vector<std::int32_t> signal_id;
  std::vector<TimeUs> source_time_us;
  std::vector<double> value;
  std::vector<StatusCode> status;
  std::vector<TimeUs> server_time_us;

  [[nodiscard]] std::size_t size() const { return signal_id.size(); }
  [[nodiscard]] bool empty() const { return signal_id.empty(); }
  void clear();
  void reserve(std::size_t rows);
  /// `server_time_us` 0: none. The column is filled up on the first point that has one.
  void add(std::int32_t signal, TimeUs source_us, double reading, StatusCode code, TimeUs server_us = 0);
};

struct SignalRow {
  std::int32_t signal_id = 0;
  std::string site, asset, signal, unit, quantity;
};

struct DecisionRow {
  std::string decision_id;
  TimeUs time_us = 0;
  std::string site, asset, device, use_case, use_case_version, model_version, feature_hash;
  double clock = no_value, prediction = no_value;
  std::string unit, advice, reason;
  double inputs_good = no_value;
  std::int32_t hold = 0;
  double latency_us = no_value;
  TimeUs source_time_us = 0;
  std::vector<double> features;
  TimeUs received_us = 0;
};

/// `kind` "failure", "overhaul" or another word of the plant; `source` "import" (history) or "live" (told by the
/// plant).
struct WorkOrderRow {
  TimeUs time_us = 0;
  std::string site, asset, kind;
  double clock = no_value;           ///< age at the event, in the unit of the clock signal
  double remaining_life = no_value;  ///< life that was left, as found at the overhaul
  std::string use_case, source;
};

struct LabelRow {
  TimeUs time_us = 0;
  std::string site, asset, use_case, decision_id, label;
  double value = no_value;
  std::string source;
};

struct EventRow {
  TimeUs time_us = 0;
  std::string site, asset, kind, detail;
};

struct KpiRow {
  TimeUs time_us = 0;
  std::string use_case, kpi;
  double value = no_value;
  std::int64_t n = 0;
};

/// How often a check of data quality failed: `kind` as signal/quality_kind.hpp names it. Rows of a day add up.
struct QualityRow {
  TimeUs day_us = 0;
  std::string site, asset, signal, kind;
  std::int64_t n = 0;
};

/// What becomes durable in one transaction.
struct LakeCommit {
  SampleBatch samples;
  std::vector<SignalRow> signals;
  std::vector<DecisionRow> decisions;
  std::vector<WorkOrderRow> work_orders;
  std::vector<LabelRow> labels;
  std::vector<EventRow> events;
  std::vector<KpiRow> kpis;
  std::vector<QualityRow> quality;

  [[nodiscard]] bool empty() const;
  void clear();
};

}  // namespace millrace
