#include "kpi/lives.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace millrace {
namespace {

struct Running {
  double clock = 0;
  TimeUs ended_us = std::numeric_limits<TimeUs>::min();  ///< readings up to here belong to the life before
};

}  // namespace

std::vector<LifeTotals> accumulate_lives(std::vector<ClockReading> readings, std::vector<LifeEvent> events) {
  const auto earlier = [](const auto& a, const auto& b) { return a.time_us < b.time_us; };
  std::stable_sort(readings.begin(), readings.end(), earlier);
  std::stable_sort(events.begin(), events.end(), earlier);
  std::map<std::string, Running> assets;
  std::vector<LifeTotals> out;
  LifeTotals totals;
  std::size_t next_reading = 0, next_event = 0;
  while (next_reading < readings.size() || next_event < events.size()) {
    // At the same time the reading goes first: it is the age at which the life ends.
    const bool reads = next_event == events.size() ||
                       (next_reading < readings.size() && readings[next_reading].time_us <= events[next_event].time_us);
    if (reads) {
      const auto& reading = readings[next_reading++];
      auto& asset = assets[reading.asset];
      totals.time_us = reading.time_us;
      if (reading.time_us > asset.ended_us && !std::isnan(reading.clock)) {
        totals.cycles += reading.clock - asset.clock;
        asset.clock = reading.clock;
      }
    } else {
      const auto& event = events[next_event++];
      auto& asset = assets[event.asset];
      totals.time_us = event.time_us;
      if (!std::isnan(event.clock)) totals.cycles += event.clock - asset.clock;
      asset = {0, event.time_us};
      if (event.kind == "failure") ++totals.failures;
      if (event.kind == "overhaul") ++totals.overhauls;
      if (event.kind == "overhaul" && !std::isnan(event.remaining_life)) {
        ++totals.findings;
        totals.wasted += event.remaining_life;
      }
    }
    if (!out.empty() && out.back().time_us == totals.time_us) {
      out.back() = totals;
    } else {
      out.push_back(totals);
    }
  }
  return out;
}

}  // namespace millrace
