#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// A table whose old rows may go. Signals, work orders and labels are few, and what everything else is counted from.
struct AgeingTable {
  std::string_view name;
  std::string_view time;  ///< the column that tells a row's age
  std::string_view only;  ///< rows that may go, as SQL; empty: all
};

/// An asset counts as live from its first `online`: those stay.
inline constexpr AgeingTable ageing_tables[] = {{"samples", "source_time", ""},
                                                {"decisions", "time", ""},
                                                {"events", "time", "kind <> 'online'"},
                                                {"quality", "day", ""},
                                                {"kpis", "time", ""}};

/// Rows of `table`, one of `ageing_tables`, before this time go.
struct Retention {
  std::string table;
  TimeUs before_us = 0;
};

}  // namespace millrace
