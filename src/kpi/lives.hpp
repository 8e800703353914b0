#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace millrace {

/// The clock of an asset at a time: the age of its present life.
struct ClockReading {
  TimeUs time_us = 0;
  std::string asset;  ///< "site/asset"
  double clock = 0;
};

/// The end of a life.
struct LifeEvent {
  TimeUs time_us = 0;
  std::string asset;
  std::string kind;                                         ///< "failure", "overhaul"
  double clock = std::numeric_limits<double>::quiet_NaN();  ///< NaN: as the clock was read last
  double remaining_life = std::numeric_limits<double>::quiet_NaN();
};

/// What the lives up to a time add up to. Cycles are counted in running lives too: an engine that does not fail counts.
struct LifeTotals {
  TimeUs time_us = 0;
  std::int64_t failures = 0, overhauls = 0;
  std::int64_t findings = 0;  ///< overhauls with a known remaining life
  double cycles = 0;
  double wasted = 0;  ///< sum of the remaining lives
};

/// Running totals at every event and every reading's time, ascending; both inputs in any order.
std::vector<LifeTotals> accumulate_lives(std::vector<ClockReading> readings, std::vector<LifeEvent> events);

}  // namespace millrace
