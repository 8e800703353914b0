#include "training/history.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>
#include <bit>
#include <cmath>
#include <limits>

namespace millrace {
namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

class Collector final : public HistorySink {
 public:
  explicit Collector(const RowLayout& layout) : aligner_(layout.size(), std::numeric_limits<std::int64_t>::max()) {
    history.layout = layout;
  }

  Result<void> begin_asset(const std::string& site, const std::string& asset, std::span<const LifeEnd> ends) override {
    history.assets.push_back({site, asset});
    ends_.assign(ends.begin(), ends.end());
    next_end_ = 0;
    last_us_ = std::numeric_limits<TimeUs>::min();
    aligner_.reset();
    begin_life();
    return {};
  }

  Result<void> points(std::span<const TrainingPoint> points) override {
    for (const auto& point : points) {
      if (point.source_time_us < last_us_) {
        return fail(ErrorCode::corrupt,
                    fmt::format("asset {}: the source gave a point of {} after one of {}", history.assets.back().name,
                                format_time(point.source_time_us), format_time(last_us_)));
      }
      last_us_ = point.source_time_us;
      aligner_.push(point.column, point.source_time_us, point.status, point.value, point.source_time_us,
                    [this](const Row& row) { take(row); });
    }
    return {};
  }

  Result<void> end_asset() override {
    aligner_.flush([this](const Row& row) { take(row); });
    if (next_end_ < ends_.size()) finish_life();
    if (history.lives.back().begin == history.rows()) history.lives.pop_back();
    return {};
  }

  History history;

 private:
  void begin_life() { history.lives.push_back({history.assets.size() - 1, history.rows(), history.rows(), false, {}}); }

  /// The life ends with the next work order. Two in a row without a row between them are one end: the first counts.
  void finish_life() {
    Life& life = history.lives.back();
    if (life.begin < life.end) {
      life.ended = true;
      life.how = ends_[next_end_];
      begin_life();
    }
    ++next_end_;
  }

  void take(const Row& row) {
    if (row.late) return;  // a second reading of a time that is there already
    while (next_end_ < ends_.size() && row.source_time_us > ends_[next_end_].time_us) finish_life();
    history.times.push_back(row.source_time_us);
    history.values.insert(history.values.end(), row.values.begin(), row.values.end());
    history.cells.insert(history.cells.end(), row.cells.begin(), row.cells.end());
    history.lives.back().end = history.rows();
  }

  Aligner aligner_;
  std::vector<LifeEnd> ends_;
  std::size_t next_end_ = 0;
  TimeUs last_us_ = 0;
};

template <typename T>
void update(Sha256& hash, const T* data, std::size_t count) {
  static_assert(std::endian::native == std::endian::little);
  hash.update({reinterpret_cast<const char*>(data), count * sizeof(T)});
}

/// The last known clock of a life; the work order's own word first.
double clock_at_end(const History& history, const Life& life) {
  if (!std::isnan(life.how.clock)) return life.how.clock;
  for (std::size_t row = life.end; row > life.begin; --row) {
    if (const double clock = history.clock(row - 1); !std::isnan(clock)) return clock;
  }
  return unknown;
}

}  // namespace

Row History::row(std::size_t k) const {
  const std::size_t width = layout.size();
  return {times[k], {values.data() + k * width, width}, {cells.data() + k * width, width}, false};
}

double History::clock(std::size_t k) const { return layout.clock ? values[(k + 1) * layout.size() - 1] : unknown; }

std::string History::sha256() const {
  Sha256 hash;
  for (const auto& column : layout.columns) hash.update(column + "\n");
  for (const auto& life : lives) {
    const Asset& asset = assets[life.asset];
    hash.update(fmt::format("{}/{} {} {} {} {} {}\n", asset.site, asset.name, life.end - life.begin, life.ended,
                            life.how.kind, life.how.clock, life.how.remaining_life));
    const std::size_t width = layout.size();
    update(hash, times.data() + life.begin, life.end - life.begin);
    update(hash, cells.data() + life.begin * width, (life.end - life.begin) * width);
    for (std::size_t k = life.begin * width; k < life.end * width; ++k) {
      const double value = std::isnan(values[k]) ? unknown : values[k];  // one NaN for all
      update(hash, &value, 1);
    }
  }
  return hash.finish_hex();
}

Result<History> read_history(const RowLayout& layout, DataSource& source) {
  Collector collector(layout);
  TRY(source.read(layout.columns, collector));
  return std::move(collector.history);
}

double remaining_life(const History& history, const Life& life, std::size_t row, std::string_view until) {
  if (!life.ended) return unknown;
  const bool as_asked = until.empty() || until == "work_order" || until == "work_order." + life.how.kind;
  if (!as_asked && std::isnan(life.how.remaining_life)) return unknown;
  const double left_at_end = as_asked ? 0 : life.how.remaining_life;
  if (!history.layout.clock) return static_cast<double>(life.end - 1 - row) + left_at_end;
  return clock_at_end(history, life) - history.clock(row) + left_at_end;  // NaN when either is
}

}  // namespace millrace
