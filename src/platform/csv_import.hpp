#pragma once

#include "base/result.hpp"
#include "lake/rows.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Samples from CSV: names once, points by index. Times and values as given; an empty cell is no point.
struct CsvSamples {
  struct Point {
    std::uint32_t asset = 0;   ///< index into `assets`
    std::uint32_t signal = 0;  ///< index into `signals`
    TimeUs time_us = 0;
    double value = 0;
    StatusCode status = status::good;
  };
  std::vector<std::string> assets, signals;
  std::vector<Point> points;
  std::size_t rows = 0;
};

/// Header `asset,time,<signal>,...` with signals of the use case, then one line per asset and time. `invalid_argument`
/// names the line (the header is line `first_line` - 1), the column, the value and what it must be. All or nothing.
Result<CsvSamples> parse_csv_samples(std::string_view csv, const UseCase& use_case, std::size_t first_line = 2);

/// Header `asset,time,kind,clock,remaining_life`; clock and remaining_life may be empty.
Result<std::vector<WorkOrderRow>> parse_csv_work_orders(std::string_view csv, const std::string& site,
                                                        const std::string& use_case, std::size_t first_line = 2);

}  // namespace millrace
