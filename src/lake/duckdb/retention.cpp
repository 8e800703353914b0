#include "lake/duckdb/retention.hpp"

#include "lake/duckdb/connection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace millrace::duck {
namespace {

constexpr TimeUs shortest_span_us = 1'000'000;  // rows of one instant cannot be told apart by time

}  // namespace

Result<std::string> delete_oldest(const Connection& reader, const Retention& rule,
                                  const std::vector<std::int32_t>& spared_signals, std::int64_t step_rows) {
  const auto* table = std::ranges::find(ageing_tables, rule.table, &AgeingTable::name);
  if (table == std::end(ageing_tables)) {
    return fail(ErrorCode::invalid_argument, "rows of the table '" + rule.table + "' do not age");
  }
  std::string others = table->only.empty() ? std::string() : fmt::format(" AND {}", table->only);
  if (table->name == "samples" && !spared_signals.empty())
    others += fmt::format(" AND signal_id NOT IN ({})", fmt::join(spared_signals, ","));
  // Half the span until few enough rows lie in it: only the first count looks at all that is old.
  for (auto end_us = rule.before_us;;) {
    const auto where = fmt::format("{} < make_timestamp({}){}", table->time, end_us, others);
    TRY_ASSIGN(const auto found, reader.query(fmt::format("SELECT count(*), epoch_us(min({})) FROM {} WHERE {}",
                                                          table->time, table->name, where)));
    const auto rows = static_cast<std::int64_t>(found.number(0, 0));
    if (rows == 0) return std::string();
    const auto first_us = static_cast<TimeUs>(found.number(0, 1));
    if (rows <= step_rows || end_us - first_us <= shortest_span_us) {
      return fmt::format("DELETE FROM lake.{} WHERE {}", table->name, where);
    }
    end_us = first_us + (end_us - first_us) / 2;
  }
}

}  // namespace millrace::duck
