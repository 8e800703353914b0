#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "signal/status.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace millrace {

/// One stored reading; `column` counts in the list of signals that was asked for.
struct TrainingPoint {
  std::uint32_t column = 0;
  StatusCode status = status::good;
  TimeUs source_time_us = 0;
  double value = 0;
};

/// A work order that ended a life of an asset.
struct LifeEnd {
  TimeUs time_us = 0;
  std::string kind;                                                  ///< "failure", "overhaul"
  double clock = std::numeric_limits<double>::quiet_NaN();           ///< age at the end; NaN: that of the last row
  double remaining_life = std::numeric_limits<double>::quiet_NaN();  ///< life left, as found at an overhaul
};

/// Which version of which data was read: enough to read the same again.
struct DataIdentity {
  std::string source;    ///< "lake" or the folder's name
  std::string snapshot;  ///< the lake's snapshot
  std::string query;     ///< what was selected, in words or SQL
};

/// Takes the history of assets, one after the other.
class HistorySink {
 public:
  virtual ~HistorySink() = default;
  /// `ends` sorted by time.
  virtual Result<void> begin_asset(const std::string& site, const std::string& asset,
                                   std::span<const LifeEnd> ends) = 0;
  /// Ordered by source time over all calls of an asset.
  virtual Result<void> points(std::span<const TrainingPoint> points) = 0;
  virtual Result<void> end_asset() = 0;
};

/// Where training data comes from. Reading twice gives the same.
class DataSource {
 public:
  virtual ~DataSource() = default;
  virtual Result<void> read(std::span<const std::string> signals, HistorySink& sink) = 0;
  [[nodiscard]] virtual DataIdentity identity() const = 0;
};

}  // namespace millrace
