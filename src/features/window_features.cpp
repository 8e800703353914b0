// The statistics of a window. Sums run from the oldest row to the newest in double precision, one signal independent of
// the others, so that the result does not depend on vector width or on what else is in the row. This library is built
// without contraction of multiply and add (see CMakeLists.txt): the same bits on every machine.
#include "features/window.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace millrace {
namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

struct Sums {
  double n = 0, last = nothing, mean = nothing, deviation = nothing, slope = nothing, trend_end = nothing;
  double low = nothing, high = nothing;
};

/// One signal with missing values: rows without a value are left out, the others keep their row number.
Sums sums_with_gaps(const double* values, std::size_t stride, std::size_t rows) {
  Sums s;
  double sum = 0, sum_x = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    const double v = values[r * stride];
    if (std::isnan(v)) continue;
    s.low = s.n == 0 ? v : std::min(s.low, v);
    s.high = s.n == 0 ? v : std::max(s.high, v);
    s.last = v;
    s.n += 1;
    sum += v;
    sum_x += static_cast<double>(r);
  }
  if (s.n == 0) return s;
  s.mean = sum / s.n;
  const double mean_x = sum_x / s.n;
  double squares = 0, cross = 0, spread = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    const double v = values[r * stride];
    if (std::isnan(v)) continue;
    const double dv = v - s.mean, dx = static_cast<double>(r) - mean_x;
    squares += dv * dv;
    cross += dx * dv;
    spread += dx * dx;
  }
  s.deviation = std::sqrt(squares / s.n);
  s.slope = spread > 0 ? cross / spread : 0;
  s.trend_end = s.mean + s.slope * (static_cast<double>(rows - 1) - mean_x);
  return s;
}

}  // namespace

/// mean_recent and delta_first of all signals, row by row. Missing values are left out.
void AssetWindow::write_means(std::span<float> features) const {
  const std::size_t width = definition_->used.size(), statistics = definition_->each.size();
  double* sum = scratch_.data();
  double* count = sum + stride_;
  std::size_t summed = SIZE_MAX;  // the rows that `sum` holds now
  for (std::size_t s = 0; s < statistics; ++s) {
    const StatisticSpec& spec = definition_->each[s];
    const bool delta = spec.kind == Statistic::delta_first;
    if (!delta && spec.kind != Statistic::mean_recent) continue;
    const std::size_t rows = std::min<std::size_t>(delta ? delta_recent_rows : spec.rows, raw_.held);
    if (rows != summed) {
      std::fill(sum, sum + stride_, 0.0);
      std::fill(count, count + stride_, 0.0);
      const double* row = normal_.data() + (raw_.begin + raw_.held - rows) * stride_;
      for (std::size_t r = 0; r < rows; ++r, row += stride_) {
        for (std::size_t i = 0; i < stride_; ++i) {
          const bool there = row[i] == row[i];
          sum[i] += there ? row[i] : 0.0;
          count[i] += there ? 1.0 : 0.0;
        }
      }
      summed = rows;
    }
    const double* first = first_mean_.data() + s * width;
    for (std::size_t i = 0; i < width; ++i) {
      const double mean = count[i] > 0 ? sum[i] / count[i] : nothing;
      features[i * statistics + s] = static_cast<float>(delta ? mean - first[i] : mean);
    }
  }
}

double AssetWindow::recent_deviation(std::size_t used, std::size_t rows) const {
  const std::size_t count = std::min(rows, raw_.held);
  return sums_with_gaps(normal_.data() + (raw_.begin + raw_.held - count) * stride_ + used, stride_, count).deviation;
}

void AssetWindow::compute(std::span<float> features) const {
  std::uint32_t missing = 0;
  for (std::size_t at = raw_.begin; at < raw_.begin + raw_.held; ++at) missing += missing_[at];
  if (raw_.held > 0 && missing == 0) {
    compute_complete(features);
  } else {
    compute_with_gaps(features);
  }
  write_means(features);
  if (definition_->age) features[definition_->size() - 1] = static_cast<float>(clock());
}

/// Sums of one block of signals over the window: its accumulators stay in registers. Each signal is added up by itself,
/// oldest row first, so the width of the block does not show in the result.
void AssetWindow::sum_block(std::size_t first) const {
  constexpr std::size_t block = statistics_block;
  const std::size_t rows = raw_.held;
  const double* values = normal_.data() + raw_.begin * stride_ + first;
  const double n = static_cast<double>(rows), mean_x = (n - 1) / 2;
  double mean[block] = {}, squares[block] = {}, cross[block] = {}, low[block], high[block];
  for (std::size_t i = 0; i < block; ++i) low[i] = high[i] = values[i];
  for (std::size_t r = 0; r < rows; ++r) {
    const double* row = values + r * stride_;
    for (std::size_t i = 0; i < block; ++i) mean[i] += row[i];
    for (std::size_t i = 0; i < block; ++i) low[i] = row[i] < low[i] ? row[i] : low[i];
    for (std::size_t i = 0; i < block; ++i) high[i] = row[i] > high[i] ? row[i] : high[i];
  }
  for (std::size_t i = 0; i < block; ++i) mean[i] /= n;
  for (std::size_t r = 0; r < rows; ++r) {
    const double* row = values + r * stride_;
    const double dx = static_cast<double>(r) - mean_x;
    for (std::size_t i = 0; i < block; ++i) {
      const double dv = row[i] - mean[i];
      squares[i] += dv * dv;
      cross[i] += dx * dv;
    }
  }
  double* out = scratch_.data() + first;
  for (const double* sums : {mean, squares, cross, low, high}) {
    std::copy(sums, sums + block, out);
    out += stride_;
  }
}

/// The usual case: every value is there.
void AssetWindow::compute_complete(std::span<float> features) const {
  const std::size_t width = definition_->used.size(), rows = raw_.held;
  const double n = static_cast<double>(rows), mean_x = (n - 1) / 2;
  for (std::size_t first = 0; first < stride_; first += statistics_block) sum_block(first);
  const double* mean = scratch_.data();
  const double* squares = mean + stride_;
  const double* cross = squares + stride_;
  const double* low = cross + stride_;
  const double* high = low + stride_;
  double spread = 0;
  for (std::size_t r = 0; r < rows; ++r)
    spread += (static_cast<double>(r) - mean_x) * (static_cast<double>(r) - mean_x);
  const double* values = normal_.data() + raw_.begin * stride_;
  const double* newest = values + (rows - 1) * stride_;
  const std::size_t statistics = definition_->each.size();
  for (std::size_t i = 0; i < width; ++i) {
    const double slope = spread > 0 ? cross[i] / spread : 0;
    for (std::size_t s = 0; s < statistics; ++s) {
      const StatisticSpec& spec = definition_->each[s];
      double value = nothing;
      switch (spec.kind) {
        case Statistic::last:
          value = newest[i];
          break;
        case Statistic::mean:
          value = mean[i];
          break;
        case Statistic::std:
          value = std::sqrt(squares[i] / n);
          break;
        case Statistic::slope:
          value = slope;
          break;
        case Statistic::trend_end:
          value = mean[i] + slope * ((n - 1) - mean_x);
          break;
        case Statistic::min:
          value = low[i];
          break;
        case Statistic::max:
          value = high[i];
          break;
        case Statistic::range:
          value = high[i] - low[i];
          break;
        case Statistic::mean_recent:
        case Statistic::delta_first:
          continue;  // by write_means
        case Statistic::std_recent:
          value = recent_deviation(i, spec.rows);
          break;
      }
      features[i * statistics + s] = static_cast<float>(value);
    }
  }
}

void AssetWindow::compute_with_gaps(std::span<float> features) const {
  const std::size_t width = definition_->used.size(), statistics = definition_->each.size();
  for (std::size_t i = 0; i < width; ++i) {
    const Sums sums = sums_with_gaps(normal_.data() + raw_.begin * stride_ + i, stride_, raw_.held);
    for (std::size_t s = 0; s < statistics; ++s) {
      const StatisticSpec& spec = definition_->each[s];
      double value = nothing;
      switch (spec.kind) {
        case Statistic::last:
          value = sums.last;
          break;
        case Statistic::mean:
          value = sums.mean;
          break;
        case Statistic::std:
          value = sums.deviation;
          break;
        case Statistic::slope:
          value = sums.slope;
          break;
        case Statistic::trend_end:
          value = sums.trend_end;
          break;
        case Statistic::min:
          value = sums.low;
          break;
        case Statistic::max:
          value = sums.high;
          break;
        case Statistic::range:
          value = sums.high - sums.low;
          break;
        case Statistic::mean_recent:
        case Statistic::delta_first:
          continue;  // by write_means
        case Statistic::std_recent:
          value = recent_deviation(i, spec.rows);
          break;
      }
      features[i * statistics + s] = static_cast<float>(value);
    }
  }
}

}  // namespace millrace
