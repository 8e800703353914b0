#include "features/aligner.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace {

Cell cell_of(StatusCode status, double value) {
  if (is_bad(status) || !std::isfinite(value)) return Cell::bad;
  return is_uncertain(status) ? Cell::uncertain : Cell::good;
}

namespace {
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
}

Aligner::Aligner(std::size_t columns, std::int64_t timeout_us)
    : columns_(columns),
      timeout_us_(timeout_us),
      values_(columns, nothing),
      late_values_(columns, nothing),
      cells_(columns, Cell::absent),
      late_cells_(columns, Cell::absent) {}

void Aligner::begin(TimeUs source_time_us, TimeUs now_us) {
  std::fill(values_.begin(), values_.end(), nothing);
  std::fill(cells_.begin(), cells_.end(), Cell::absent);
  filled_ = 0;
  open_ = true;
  time_us_ = source_time_us;
  opened_us_ = now_us;
}

void Aligner::set(std::size_t column, StatusCode status, double value) {
  if (cells_[column] != Cell::absent) return;  // a second reading of the time: the first one counts
  ++filled_;
  cells_[column] = cell_of(status, value);
  values_[column] = cells_[column] == Cell::bad ? nothing : value;
}

void Aligner::fill_late(std::size_t column, StatusCode status, double value) {
  std::fill(late_values_.begin(), late_values_.end(), nothing);
  std::fill(late_cells_.begin(), late_cells_.end(), Cell::absent);
  late_cells_[column] = cell_of(status, value);
  if (late_cells_[column] != Cell::bad) late_values_[column] = value;
  ++late_samples_;
}

void Aligner::reset(TimeUs closed_us) {
  open_ = false;
  closed_us_ = closed_us;
}

}  // namespace millrace
