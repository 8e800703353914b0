#include "cli/table_export.hpp"

#include "cli/csv.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace millrace::cli {
namespace {

using nlohmann::json;

constexpr std::size_t page_rows = 10'000;  // the most that one query gives back

/// Rows that are read page after page: in the order of a time, then of other columns so that the order is total.
struct Part {
  std::string select;  ///< up to its WHERE with at least one condition
  std::string order;
  std::string time;  ///< the column
};

std::string quoted(const std::string& text) {
  std::string literal = "'";
  for (const char c : text) literal += c == '\'' ? std::string("''") : std::string(1, c);
  return literal + "'";
}

class Export {
 public:
  Export(std::string table, const ExportPorts& ports) : table_(std::move(table)), ports_(ports) {}

  Result<ExportSummary> run() {
    TRY_ASSIGN(const auto newest, ask("SELECT id FROM ducklake_current_snapshot('lake')"));
    summary_.snapshot = newest.at("rows").at(0).at(0).get<std::int64_t>();
    TRY_ASSIGN(const auto count,
               ask(fmt::format("SELECT count(*) FROM {} AT (VERSION => {})", table_, summary_.snapshot)));
    total_ = count.at("rows").at(0).at(0).get<std::uint64_t>();
    if (table_ == "samples") {
      TRY(each_asset());
    } else {
      TRY(read({fmt::format("SELECT * FROM {} AT (VERSION => {}) WHERE true", table_, summary_.snapshot),
                table_ == "decisions" ? "time, decision_id" : "ALL", "time"}));
    }
    return summary_;
  }

 private:
  Result<json> ask(const std::string& sql) const {
    json request{{"sql", sql}};
    if (summary_.snapshot != 0) request["keep_snapshot"] = summary_.snapshot;
    return ports_.query(request);
  }

  /// Rows of an asset lie together in the lake: asset after asset, each in the order of time.
  Result<void> each_asset() {
    for (std::size_t first = 0;; first += page_rows) {
      TRY_ASSIGN(const auto assets,
                 ask(fmt::format("SELECT site, asset, min(signal_id), max(signal_id) FROM signals AT (VERSION => {}) "
                                 "GROUP BY ALL ORDER BY ALL LIMIT {} OFFSET {}",
                                 summary_.snapshot, page_rows, first)));
      for (const auto& asset : assets.at("rows")) TRY(read(samples_of(asset)));
      if (assets.at("rows").size() < page_rows) break;
    }
    return has_header_ ? Result<void>() : read(samples_of(json::array({"", "", 0, 0})));  // a header at least
  }

  [[nodiscard]] Part samples_of(const json& asset) const {
    return {fmt::format("SELECT s.site, s.asset, s.signal, s.unit, d.source_time, d.value, d.status "
                        "FROM samples d AT (VERSION => {0}) JOIN signals s AT (VERSION => {0}) USING (signal_id) "
                        "WHERE d.signal_id BETWEEN {1} AND {2} AND s.site = {3} AND s.asset = {4}",
                        summary_.snapshot, asset.at(2).dump(), asset.at(3).dump(),
                        quoted(asset.at(0).get<std::string>()), quoted(asset.at(1).get<std::string>())),
            "d.source_time, s.signal, d.value, d.status", "source_time"};
  }

  Result<void> read(const Part& part) {
    std::string condition, last;
    std::size_t had = 0;  // rows of the time `last` that were written already
    for (;;) {
      TRY_ASSIGN(const auto page, ask(fmt::format("{}{} ORDER BY {} LIMIT {} OFFSET {}", part.select, condition,
                                                  part.order, page_rows, had)));
      const auto& rows = page.at("rows");
      TRY(ports_.write(csv_table(page, !std::exchange(has_header_, true))));
      summary_.rows += rows.size();
      ports_.progress(summary_.rows, total_);
      if (rows.size() < page_rows) return {};
      const auto& columns = page.at("columns");
      const auto time =
          static_cast<std::size_t>(std::find(columns.begin(), columns.end(), part.time) - columns.begin());
      const auto end = rows.back().at(time).get<std::string>();
      const auto same = std::find_if(rows.rbegin(), rows.rend(), [&](const json& row) { return row.at(time) != end; });
      had = static_cast<std::size_t>(same - rows.rbegin()) + (end == last ? had : 0);
      last = end;
      condition = fmt::format(" AND {} >= TIMESTAMP {}", part.time, quoted(end));
    }
  }

  std::string table_;
  const ExportPorts& ports_;
  ExportSummary summary_;
  std::uint64_t total_ = 0;
  bool has_header_ = false;
};

}  // namespace

Result<ExportSummary> export_table(const std::string& table, const ExportPorts& ports) {
  return Export(table, ports).run();
}

}  // namespace millrace::cli
