#pragma once

#include "base/time.hpp"
#include "signal/status.hpp"

#include <cstdint>

namespace millrace {

/// Index of a signal in the catalogue of this process: dense, from 0. Never stored, never sent: names are.
using SignalIndex = std::uint32_t;

/// One reading. A bad value stays a value with a bad status (NaN where the source gave none); it is never dropped.
struct Sample {
  SignalIndex signal = 0;
  StatusCode status = status::good;
  TimeUs source_time_us = 0;
  TimeUs server_time_us = 0;
  double value = 0;
};

}  // namespace millrace
