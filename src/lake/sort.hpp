#pragma once

#include "lake/rows.hpp"

#include <cstdint>
#include <vector>

namespace millrace {

/// The order of the rows by (signal, source time), stable; empty when they already lie so. Linear for the usual batch
/// (dense signal ids, each signal's times ascending): neighbours then look alike, and Parquet encodes them small.
std::vector<std::uint32_t> order_by_signal_and_time(const SampleBatch& batch);

}  // namespace millrace
