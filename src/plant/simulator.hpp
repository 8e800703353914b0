#pragma once

#include "base/result.hpp"
#include "cmapss/cmapss.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace millrace::plant {

/// Engines of our own making, for machines without NASA's files: each wears exponentially from a random start until it
/// fails; fourteen sensors follow the wear with their own sensitivity and noise, the others stay constant. One
/// operating regime, lives of about 130 to 360 cycles. The same seed gives the same engines. Whoever shows them says
/// "simulated".
std::vector<cmapss::Engine> simulate_engines(int count, std::uint64_t seed);

/// Writes `train_FD001.txt` in NASA's format: 26 columns, space-separated.
Result<void> write_simulated_files(const std::filesystem::path& folder, std::uint64_t seed = 1);

}  // namespace millrace::plant
