#include "platform/verdict_store.hpp"

#include "metadata/database.hpp"

namespace millrace {

Result<void> VerdictStore::add(std::string_view decision_id, std::string_view asset, std::string_view advice,
                               const Verdict& verdict) {
  // Two verdicts within a microsecond: the later one counts.
  TRY(
      database_->execute("INSERT INTO verdicts (decision_id, time_us, verdict, comment, person, asset, advice) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (decision_id, time_us) DO UPDATE "
                         "SET verdict = excluded.verdict, comment = excluded.comment",
                         {std::string(decision_id), verdict.time_us, verdict.verdict, verdict.comment, verdict.by,
                          std::string(asset), std::string(advice)}));
  return {};
}

Result<std::optional<Verdict>> VerdictStore::newest(std::string_view decision_id) const {
  TRY_ASSIGN(const auto rows,
             database_->query("SELECT verdict, comment, person, time_us FROM verdicts WHERE decision_id = ? "
                              "ORDER BY time_us DESC LIMIT 1",
                              {std::string(decision_id)}));
  if (rows.empty()) return std::optional<Verdict>();
  const auto& row = rows.front();
  return std::optional<Verdict>({row.text(0), row.text(1), row.text(2), row.integer(3)});
}

Result<VerdictCounts> VerdictStore::count(const std::optional<std::string>& asset,
                                          const std::optional<std::string>& advice, bool advised) const {
  std::string sql =
      "SELECT verdict, count(*) FROM verdicts v WHERE time_us = (SELECT max(time_us) FROM verdicts "
      "WHERE decision_id = v.decision_id)";
  std::vector<DatabaseValue> parameters;
  if (asset) {
    sql += " AND asset = ?";
    parameters.emplace_back(*asset);
  }
  if (advice) {
    sql += " AND advice = ?";
    parameters.emplace_back(*advice);
  }
  if (advised) sql += " AND advice NOT IN ('none', 'no_advice')";
  TRY_ASSIGN(const auto rows, database_->query(sql + " GROUP BY verdict", parameters));
  VerdictCounts counts;
  for (const auto& row : rows) {
    (row.text(0) == "right" ? counts.right : row.text(0) == "wrong" ? counts.wrong : counts.unsure) = row.integer(1);
  }
  return counts;
}

}  // namespace millrace
