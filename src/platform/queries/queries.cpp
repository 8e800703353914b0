#include "platform/queries/queries.hpp"

#include "signal/quality_kind.hpp"

#include <fmt/format.h>

namespace millrace::queries {
namespace {

constexpr std::string_view decision_columns =
    "decision_id, time, asset, site, device, use_case, use_case_version, model_version, feature_hash, clock, "
    "prediction, "
    "unit, advice, reason, inputs_good, hold, latency_us, source_time";

/// WHERE with its parameters; the conditions are joined by AND.
struct Conditions {
  Query query;
  void add(const std::string& condition) { query.sql += (query.sql.empty() ? " WHERE " : " AND ") + condition; }
  void add(const std::string& condition, QueryCell parameter) {
    add(condition);
    query.parameters.push_back(std::move(parameter));
  }
};

Conditions conditions(const DecisionFilter& filter) {
  Conditions where;
  if (filter.asset) where.add("asset = ?", *filter.asset);
  if (filter.advice) where.add("advice = ?", *filter.advice);
  if (filter.advised) where.add("advice NOT IN ('none', 'no_advice')");
  return where;
}

std::string list_of(const std::vector<std::int32_t>& ids) {
  std::string list;
  for (const auto id : ids) list += fmt::format("{}{}", list.empty() ? "" : ", ", id);
  return list;
}

}  // namespace

Query decisions(const DecisionFilter& filter, std::int64_t limit) {
  auto where = conditions(filter);
  if (filter.before) {
    where.add("(time, decision_id) < (SELECT (time, decision_id) FROM decisions WHERE decision_id = ? LIMIT 1)",
              *filter.before);
  }
  return {fmt::format("SELECT {} FROM decisions{} ORDER BY time DESC, decision_id DESC LIMIT {}", decision_columns,
                      where.query.sql, limit),
          where.query.parameters};
}

Query decision_count(const DecisionFilter& filter) {
  auto where = conditions(filter);
  return {"SELECT count(*) FROM decisions" + where.query.sql, where.query.parameters};
}

Query decision(const std::string& id) {
  return {fmt::format("SELECT {}, features FROM decisions WHERE decision_id = ? LIMIT 1", decision_columns), {id}};
}

Query first_decision(TimeUs since_us) {
  return {"SELECT epoch_us(min(received)) FROM decisions WHERE epoch_us(received) >= ?::BIGINT", {since_us}};
}

Query samples(const SampleRange& range) {
  Conditions where;
  where.add(fmt::format("signal_id IN ({})", list_of(range.signal_ids)));
  if (range.from_us) where.add("source_time >= make_timestamp(?::BIGINT)", *range.from_us);
  if (range.to_us) where.add("source_time < make_timestamp(?::BIGINT)", *range.to_us);
  return {fmt::format("SELECT signal_id, epoch_ms(source_time) AS ms, value, status FROM samples{} "
                      "QUALIFY row_number() OVER (PARTITION BY signal_id ORDER BY source_time DESC) <= {} "
                      "ORDER BY signal_id, source_time",
                      where.query.sql, range.limit),
          where.query.parameters};
}

Query quality(const std::vector<std::string>& signals) {
  Query query;
  std::string failed, columns, wanted;
  for (const auto& kind : quality_kinds()) {
    failed += fmt::format(", sum(n) FILTER (kind = '{0}') AS {0}", kind.name);
    columns += fmt::format(", any_value(f.{})", kind.name);
  }
  for (const auto& signal : signals) {
    wanted += wanted.empty() ? "WHERE s.signal IN (?" : ", ?";
    query.parameters.emplace_back(signal);
  }
  if (!wanted.empty()) wanted += ")";
  query.sql = fmt::format(
      "WITH found AS (SELECT signal{} FROM quality GROUP BY signal) "
      "SELECT s.signal, any_value(s.unit), any_value(s.quantity), count(DISTINCT s.site || '/' || s.asset), "
      "count(d.signal_id), count(*) FILTER (d.status < 1073741824), "
      "count(*) FILTER (d.status >= 1073741824 AND d.status < 2147483648), count(*) FILTER (d.status >= 2147483648), "
      "min(d.source_time), max(d.source_time){} "
      "FROM signals s LEFT JOIN samples d USING (signal_id) LEFT JOIN found f ON f.signal = s.signal {} "
      "GROUP BY s.signal ORDER BY s.signal",
      failed, columns, wanted);
  return query;
}

Query quality_counts(const UseCase& use_case, TimeUs from_us) {
  Query query;
  std::string names;
  for (std::size_t i = 0; i < use_case.signals.size(); ++i) names += i == 0 ? "?" : ", ?";
  const auto site = use_case.assets.site == "*" ? "" : " AND s.site = ?";
  for (int part = 0; part < 2; ++part) {
    query.parameters.emplace_back(from_us);
    for (const auto& signal : use_case.signals) query.parameters.emplace_back(signal.name);
    if (use_case.assets.site != "*") query.parameters.emplace_back(use_case.assets.site);
  }
  query.sql = fmt::format(
      "SELECT strftime(d.source_time, '%Y-%m-%d') AS day, s.site, s.asset, s.signal, '{2}' AS kind, count(*) "
      "FROM samples d JOIN signals s USING (signal_id) "
      "WHERE d.source_time >= make_timestamp(?::BIGINT) AND s.signal IN ({0}){1} GROUP BY ALL "
      "UNION ALL SELECT strftime(s.day, '%Y-%m-%d'), s.site, s.asset, s.signal, s.kind, sum(s.n)::BIGINT "
      "FROM quality s WHERE s.day >= make_timestamp(?::BIGINT) AND s.signal IN ({0}){1} GROUP BY ALL "
      "ORDER BY 1, 2, 3, 4, 5",
      names, site, quality_points);
  return query;
}

Query work_order_marks(const std::string& use_case, std::int64_t limit) {
  return {fmt::format("SELECT time, kind, asset FROM work_orders WHERE use_case = ? AND source <> 'import' "
                      "ORDER BY time DESC LIMIT {}",
                      limit),
          {use_case}};
}

}  // namespace millrace::queries
