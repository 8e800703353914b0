#include "features/window.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace millrace {
namespace {
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
}

AssetWindow::AssetWindow(std::shared_ptr<const FeatureDefinition> definition)
    : definition_(std::move(definition)),
      columns_(definition_->layout.size()),
      capacity_(definition_->window),
      stride_((definition_->used.size() + statistics_block - 1) / statistics_block * statistics_block) {
  const std::size_t used = definition_->used.size();
  resize(raw_, 2 * capacity_ + 1);
  resize(first_, definition_->baseline_rows + 1);
  effective_.assign(raw_.values.size(), nothing);
  normal_.assign(raw_.times.size() * stride_, 0);
  missing_.assign(raw_.times.size(), 0);
  carry_.assign(columns_, nothing);
  first_effective_.assign(first_.values.size(), nothing);
  first_normal_.assign(first_.times.size() * used, nothing);
  first_mean_.assign(definition_->each.size() * used, 0);
  scratch_.assign(stride_ * 6, 0);
}

void AssetWindow::resize(Rows& rows, std::size_t room) const {
  rows.times.assign(room, 0);
  rows.values.assign(room * columns_, nothing);
  rows.cells.assign(room * columns_, Cell::absent);
}

void AssetWindow::write(Rows& rows, std::size_t at, const Row& row) const {
  rows.times[at] = row.source_time_us;
  std::copy(row.values.begin(), row.values.end(), rows.values.begin() + static_cast<std::ptrdiff_t>(at * columns_));
  std::copy(row.cells.begin(), row.cells.end(), rows.cells.begin() + static_cast<std::ptrdiff_t>(at * columns_));
}

/// Moves the rows from `at` to the end by one: there must be room.
void AssetWindow::open_gap(Rows& rows, std::size_t at) const {
  const std::size_t count = rows.begin + rows.held - at;
  std::memmove(&rows.times[at + 1], &rows.times[at], count * sizeof(TimeUs));
  std::memmove(rows.values.data() + (at + 1) * columns_, rows.values.data() + at * columns_,
               count * columns_ * sizeof(double));
  std::memmove(rows.cells.data() + (at + 1) * columns_, rows.cells.data() + at * columns_,
               count * columns_ * sizeof(Cell));
  ++rows.held;
}

/// Takes what the row knows and the stored one does not. The first sample of a time stands: a repeated one is the same.
bool AssetWindow::merge(Rows& rows, std::size_t at, const Row& row) const {
  bool changed = false;
  for (std::size_t column = 0; column < columns_; ++column) {
    Cell& cell = rows.cells[at * columns_ + column];
    if (row.cells[column] == Cell::absent || cell != Cell::absent) continue;
    cell = row.cells[column];
    rows.values[at * columns_ + column] = row.values[column];
    changed = true;
  }
  return changed;
}

AssetWindow::Pushed AssetWindow::push(const Row& row) {
  if (row.source_time_us <= ignore_until_us_) return Pushed::ignored;
  if (raw_.held > 0 && row.source_time_us <= raw_.times[raw_.begin + raw_.held - 1]) return mend(row);
  append(row);
  if (keep_first(row)) derive_baseline();
  return row.late ? Pushed::mended : Pushed::appended;
}

/// Moves the kept rows to the front when the buffer's end is reached: once every `capacity_` rows.
void AssetWindow::make_room() {
  if (raw_.begin + raw_.held < raw_.times.size()) return;
  const std::size_t from = raw_.begin, count = raw_.held;
  std::memmove(raw_.times.data(), &raw_.times[from], count * sizeof(TimeUs));
  std::memmove(raw_.values.data(), raw_.values.data() + from * columns_, count * columns_ * sizeof(double));
  std::memmove(raw_.cells.data(), raw_.cells.data() + from * columns_, count * columns_ * sizeof(Cell));
  std::memmove(effective_.data(), effective_.data() + from * columns_, count * columns_ * sizeof(double));
  std::memmove(normal_.data(), normal_.data() + from * stride_, count * stride_ * sizeof(double));
  std::memmove(missing_.data(), &missing_[from], count * sizeof(std::uint32_t));
  raw_.begin = 0;
}

void AssetWindow::append(const Row& row) {
  if (raw_.held == capacity_) {
    const auto oldest = effective_.begin() + static_cast<std::ptrdiff_t>(raw_.begin * columns_);
    std::copy(oldest, oldest + static_cast<std::ptrdiff_t>(columns_), carry_.begin());
    ++raw_.begin;
    --raw_.held;
  }
  make_room();
  const std::size_t at = raw_.begin + raw_.held;
  write(raw_, at, row);
  ++raw_.held;
  ++life_rows_;
  derive_row(at, raw_.held == 1 ? carry_.data() : &effective_[(at - 1) * columns_]);
}

AssetWindow::Pushed AssetWindow::mend(const Row& row) {
  const auto begin = raw_.times.begin() + static_cast<std::ptrdiff_t>(raw_.begin);
  const auto end = begin + static_cast<std::ptrdiff_t>(raw_.held);
  const auto place = std::lower_bound(begin, end, row.source_time_us);
  std::size_t at = static_cast<std::size_t>(place - raw_.times.begin());
  bool changed = keep_first(row);
  if (changed) derive_baseline();
  if (*place == row.source_time_us) {
    if (!merge(raw_, at, row)) return changed ? Pushed::mended : Pushed::ignored;
    derive(at);
    return Pushed::mended;
  }
  if (raw_.held == capacity_) {
    if (at == raw_.begin) return changed ? Pushed::mended : Pushed::ignored;
    const auto oldest = effective_.begin() + static_cast<std::ptrdiff_t>(raw_.begin * columns_);
    std::copy(oldest, oldest + static_cast<std::ptrdiff_t>(columns_), carry_.begin());
    ++raw_.begin;
    --raw_.held;
  }
  const std::size_t before_move = raw_.begin;
  make_room();
  at -= before_move - raw_.begin;
  open_gap(raw_, at);
  write(raw_, at, row);
  ++life_rows_;
  derive(at);
  return Pushed::mended;
}

/// Puts the row among the first ones of the life when it belongs there.
bool AssetWindow::keep_first(const Row& row) {
  const std::size_t limit = definition_->baseline_rows;
  const auto begin = first_.times.begin(), end = begin + static_cast<std::ptrdiff_t>(first_.held);
  const auto place = std::lower_bound(begin, end, row.source_time_us);
  const auto at = static_cast<std::size_t>(place - begin);
  if (place != end && *place == row.source_time_us) return merge(first_, at, row);
  if (at >= limit) return false;
  open_gap(first_, at);
  write(first_, at, row);
  first_.held = std::min(first_.held, limit);
  return true;
}

void AssetWindow::derive(std::size_t from) {
  for (std::size_t at = from; at < raw_.begin + raw_.held; ++at) {
    derive_row(at, at == raw_.begin ? carry_.data() : &effective_[(at - 1) * columns_]);
  }
}

void AssetWindow::derive_row(std::size_t at, const double* before) {
  const double* values = &raw_.values[at * columns_];
  const Cell* cells = &raw_.cells[at * columns_];
  double* effective = &effective_[at * columns_];
  for (std::size_t column = 0; column < columns_; ++column) {
    effective[column] = cells[column] == Cell::absent && definition_->hold ? before[column] : values[column];
  }
  const std::size_t used = definition_->used.size();
  double* normal = normal_.data() + at * stride_;
  normalise(effective, normal);
  missing_[at] = 0;
  for (std::size_t i = 0; i < used; ++i) missing_[at] += std::isnan(normal[i]) ? 1u : 0u;
}

void AssetWindow::normalise(const double* effective, double* normal) const {
  const FeatureDefinition& definition = *definition_;
  const RegimeNormalisation& fit = definition.normalisation;
  if (!fit.fitted()) {
    for (std::size_t i = 0; i < definition.used.size(); ++i) normal[i] = effective[definition.used[i]];
    return;
  }
  const std::size_t regime =
      fit.regimes() > 1 ? fit.regime_of({effective + definition.layout.measured, definition.layout.context}) : 0;
  const double* mean = fit.mean[regime].data();
  const double* scale = fit.scale[regime].data();
  for (std::size_t i = 0; i < definition.used.size(); ++i) {
    const std::size_t column = definition.used[i];
    normal[i] = (effective[column] - mean[column]) / scale[column];
  }
}

/// Means of the first rows of the life, for delta_first.
void AssetWindow::derive_baseline() {
  const std::size_t used = definition_->used.size();
  for (std::size_t row = 0; row < first_.held; ++row) {
    for (std::size_t column = 0; column < columns_; ++column) {
      const std::size_t cell = row * columns_ + column;
      const double before = row == 0 ? nothing : first_effective_[cell - columns_];
      first_effective_[cell] = first_.cells[cell] == Cell::absent && definition_->hold ? before : first_.values[cell];
    }
    normalise(&first_effective_[row * columns_], first_normal_.data() + row * used);
  }
  for (std::size_t s = 0; s < definition_->each.size(); ++s) {
    const StatisticSpec& spec = definition_->each[s];
    if (spec.kind != Statistic::delta_first) continue;
    const std::size_t rows = std::min<std::size_t>(spec.rows, first_.held);
    for (std::size_t i = 0; i < used; ++i) {
      double sum = 0;
      std::size_t n = 0;
      for (std::size_t row = 0; row < rows; ++row) {
        if (const double v = first_normal_[row * used + i]; !std::isnan(v)) sum += v, ++n;
      }
      first_mean_[s * used + i] = n == 0 ? nothing : sum / static_cast<double>(n);
    }
  }
}

TimeUs AssetWindow::newest_us() const {
  return raw_.held == 0 ? ignore_until_us_ : raw_.times[raw_.begin + raw_.held - 1];
}

double AssetWindow::clock() const {
  if (!definition_->layout.clock) return static_cast<double>(life_rows_);
  return raw_.held == 0 ? nothing : effective_[(raw_.begin + raw_.held) * columns_ - 1];
}

double AssetWindow::inputs_good() const {
  const auto& used = definition_->used;
  if (raw_.held == 0 || used.empty()) return 0;
  const std::size_t at = raw_.begin + raw_.held - 1;
  std::size_t good = 0;
  for (const std::size_t column : used) {
    const Cell cell = raw_.cells[at * columns_ + column];
    const bool held = cell == Cell::absent && !std::isnan(effective_[at * columns_ + column]);
    if (cell == Cell::good || held) ++good;
  }
  return static_cast<double>(good) / static_cast<double>(used.size());
}

void AssetWindow::reset(TimeUs source_time_us) {
  raw_.begin = raw_.held = 0;
  first_.held = 0;
  life_rows_ = 0;
  std::fill(carry_.begin(), carry_.end(), nothing);
  ignore_until_us_ = std::max(ignore_until_us_, source_time_us);
}

}  // namespace millrace
