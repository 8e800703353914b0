#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace millrace::cli {

/// NASA's turbofan data as Millrace's import format.
struct CmapssImport {
  std::filesystem::path folder;
  std::string subset = "FD001";
  int first_unit = 1;
  int last_unit = 0;                 ///< 0: all
  std::string clock_signal;          ///< name of the use case's clock: gets the cycle number; empty: none
  std::vector<std::string> signals;  ///< which of the data's signals to take; the use case's
  std::int64_t cycle_us = 0;         ///< time from one cycle to the next
  TimeUs end_us = 0;                 ///< every history ends before this time
  std::size_t piece_bytes = 4u << 20;
};

struct CmapssCsv {
  std::vector<std::string> samples;  ///< CSV texts with header, whole engines in each, about `piece_bytes` long
  std::string work_orders;           ///< a failure at each engine's last cycle
};

/// Times are made up, since the data has cycles only: an engine's last cycle lies one cycle before `end_us`.
Result<CmapssCsv> cmapss_to_csv(const CmapssImport& import);

}  // namespace millrace::cli
