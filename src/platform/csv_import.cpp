#include "platform/csv_import.hpp"

#include "base/time.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <charconv>
#include <map>

#include "platform/request_fields.hpp"

namespace millrace {
namespace {

/// Splits one line of RFC 4180 CSV. Quoted cells may hold commas and doubled quotes, not line breaks: names and numbers
/// have none.
void split_line(std::string_view line, std::vector<std::string>& cells) {
  cells.clear();
  cells.emplace_back();
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"') {
        cells.back() += '"';
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (c == ',' && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
}

/// Lines one after the other, with their numbers; blank lines are skipped.
class Lines {
 public:
  Lines(std::string_view text, std::size_t first_line) : rest_(text), number_(first_line - 2) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // a byte order mark, as spreadsheets write it
  }
  bool next(std::vector<std::string>& cells) {
    while (!rest_.empty()) {
      auto line = rest_.substr(0, rest_.find('\n'));
      rest_.remove_prefix(std::min(line.size() + 1, rest_.size()));
      ++number_;
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line.empty()) continue;
      split_line(line, cells);
      return true;
    }
    return false;
  }
  [[nodiscard]] std::size_t number() const { return number_; }
  [[nodiscard]] tl::unexpected<Error> wrong(const std::string& message) const {
    return fail(ErrorCode::invalid_argument, fmt::format("line {}: {}", number_, message));
  }

 private:
  std::string_view rest_;
  std::size_t number_;
};

Result<double> number_of(const Lines& lines, const std::string& column, const std::string& cell) {
  double value = 0;
  const auto [end, failure] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (failure != std::errc() || end != cell.data() + cell.size()) {
    return lines.wrong(
        fmt::format("{} is '{}': it must be a number such as 641.82, or empty", column, cell.substr(0, 40)));
  }
  return value;
}

Result<TimeUs> time_of(const Lines& lines, const std::string& cell) {
  const auto time = parse_time(cell);
  if (!time) return lines.wrong(fmt::format("time is '{}': it must be like 2026-03-01T12:00:00Z", cell.substr(0, 40)));
  return *time;
}

Result<void> check_asset(const Lines& lines, const std::string& cell) {
  const auto name = check_name("asset", cell, NameKind::asset);
  if (!name) return lines.wrong(name.error().message);
  return {};
}

Result<void> check_width(const Lines& lines, std::size_t found, std::size_t wanted) {
  if (found == wanted) return {};
  return lines.wrong(fmt::format("{} cells, the header has {}", found, wanted));
}

Result<std::vector<std::string>> sample_header(Lines& lines, const UseCase& use_case) {
  std::vector<std::string> header;
  if (!lines.next(header))
    return fail(ErrorCode::invalid_argument, "the CSV is empty: its first line must be asset,time,<signals>");
  if (header.size() < 3 || header[0] != "asset" || header[1] != "time") {
    return lines.wrong("the header must be asset,time,<signal>,... with at least one signal");
  }
  for (std::size_t i = 2; i < header.size(); ++i) {
    if (use_case.find_signal(header[i]) == nullptr) {
      std::string known;
      for (const auto& signal : use_case.signals) known += (known.empty() ? "" : ", ") + signal.name;
      return lines.wrong(
          fmt::format("'{}' is no signal of {}; there are: {}", header[i].substr(0, 80), use_case.name, known));
    }
    if (std::count(header.begin(), header.end(), header[i]) > 1)
      return lines.wrong("column '" + header[i] + "' is there twice");
  }
  return header;
}

}  // namespace

Result<CsvSamples> parse_csv_samples(std::string_view csv, const UseCase& use_case, std::size_t first_line) {
  Lines lines(csv, first_line);
  TRY_ASSIGN(const auto header, sample_header(lines, use_case));
  CsvSamples samples;
  samples.signals.assign(header.begin() + 2, header.end());
  std::map<std::string, std::uint32_t, std::less<>> asset_index;
  std::vector<std::string> cells;
  while (lines.next(cells)) {
    TRY(check_width(lines, cells.size(), header.size()));
    const auto [asset, added] = asset_index.try_emplace(cells[0], static_cast<std::uint32_t>(samples.assets.size()));
    if (added) {
      TRY(check_asset(lines, cells[0]));
      samples.assets.push_back(cells[0]);
    }
    TRY_ASSIGN(const auto time_us, time_of(lines, cells[1]));
    for (std::size_t i = 2; i < cells.size(); ++i) {
      if (cells[i].empty()) continue;
      TRY_ASSIGN(const auto value, number_of(lines, header[i], cells[i]));
      samples.points.push_back({asset->second, static_cast<std::uint32_t>(i - 2), time_us, value});
    }
    ++samples.rows;
  }
  return samples;
}

Result<std::vector<WorkOrderRow>> parse_csv_work_orders(std::string_view csv, const std::string& site,
                                                        const std::string& use_case, std::size_t first_line) {
  static const std::vector<std::string> expected{"asset", "time", "kind", "clock", "remaining_life"};
  Lines lines(csv, first_line);
  std::vector<std::string> cells;
  if (!lines.next(cells))
    return fail(ErrorCode::invalid_argument,
                "the CSV is empty: its first line must be asset,time,kind,clock,remaining_life");
  if (cells != expected) return lines.wrong("the header must be asset,time,kind,clock,remaining_life");
  std::vector<WorkOrderRow> orders;
  while (lines.next(cells)) {
    TRY(check_width(lines, cells.size(), expected.size()));
    TRY(check_asset(lines, cells[0]));
    WorkOrderRow order{.site = site, .asset = cells[0], .kind = cells[2], .use_case = use_case, .source = "import"};
    TRY_ASSIGN(order.time_us, time_of(lines, cells[1]));
    const auto kind = check_name("kind", order.kind, NameKind::advice);
    if (!kind) return lines.wrong(kind.error().message + ", e.g. failure or overhaul");
    if (!cells[3].empty()) {
      TRY_ASSIGN(order.clock, number_of(lines, "clock", cells[3]));
    }
    if (!cells[4].empty()) {
      TRY_ASSIGN(order.remaining_life, number_of(lines, "remaining_life", cells[4]));
    }
    orders.push_back(std::move(order));
  }
  return orders;
}

}  // namespace millrace
