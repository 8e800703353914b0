#pragma once

#include "base/time.hpp"
#include "lake/query_result.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::queries {

/// A statement for Lake::query with the values of its "?".
struct Query {
  std::string sql;
  std::vector<QueryCell> parameters;
};

struct DecisionFilter {
  std::optional<std::string> asset, advice, before;  ///< `before`: only decisions older than the one with this id
  bool advised = false;                              ///< only those that ask for something
};
/// Newest first; all columns but `features` and `received`.
Query decisions(const DecisionFilter& filter, std::int64_t limit);
Query decision_count(const DecisionFilter& filter);
/// One decision with its features; no row when there is none.
Query decision(const std::string& id);
/// The first decision that was received at or after a time: its time of receipt.
Query first_decision(TimeUs since_us);

struct SampleRange {
  std::vector<std::int32_t> signal_ids;
  std::optional<TimeUs> from_us, to_us;  ///< [from, to)
  std::int64_t limit = 2000;             ///< the newest so many of each signal
};
/// signal_id, milliseconds since 1970, value, status; by signal, oldest first.
Query samples(const SampleRange& range);

/// Per signal name: signal, unit, quantity, assets, points, good, uncertain, bad, first, last, then how often each
/// check failed, in the order of `quality_kinds()`. `signals` empty: all.
Query quality(const std::vector<std::string>& signals);

/// day, site, asset, signal, kind, n of a use case's signals since `from_us`, in that order; the kind `quality_points`
/// counts the points, the others what the checks found.
inline constexpr std::string_view quality_points = "points";
Query quality_counts(const UseCase& use_case, TimeUs from_us);

/// time, kind, text: what happened to a use case's assets, newest `limit`.
Query work_order_marks(const std::string& use_case, std::int64_t limit);

}  // namespace millrace::queries
