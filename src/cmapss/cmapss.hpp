#pragma once

#include "base/result.hpp"

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::cmapss {

/// Columns 3..26 of NASA's files in their order: three operating settings, then the 21 sensors by their names in
/// A. Saxena et al., "Damage Propagation Modeling for Aircraft Engine Run-to-Failure Simulation", PHM08, table 2.
inline constexpr std::array<std::string_view, 24> signal_names = {
    "setting1", "setting2", "setting3", "T2",  "T24", "T30", "T50",  "P2",      "P15",    "P30",       "Nf",  "Nc",
    "epr",      "Ps30",     "phi",      "NRf", "NRc", "BPR", "farB", "htBleed", "Nf_dmd", "PCNfR_dmd", "W31", "W32"};
inline constexpr std::size_t setting_count = 3;

/// One flight cycle: the cycle's number (from 1) and the 24 values in the order of `signal_names`.
struct Cycle {
  int number = 0;
  std::array<double, signal_names.size()> values{};
};

/// One engine ("unit"). In a training file the last cycle is the failure; in a test file the record is cut before it.
struct Engine {
  int unit = 0;
  std::vector<Cycle> cycles;
  [[nodiscard]] std::string asset() const;  ///< "engine-061"
};

/// A subset as NASA publishes it. `truth[k]` is the remaining useful life in cycles after the last row of `test[k]`.
struct Subset {
  std::string name;
  std::vector<Engine> train;
  std::vector<Engine> test;
  std::vector<double> truth;
};

/// Reads one data file, plain or gzip (also finds `path` + ".gz"). `corrupt` names the file, the line and what is wrong
/// there.
Result<std::vector<Engine>> read_engines(const std::filesystem::path& path);
/// Reads a RUL file: one number per line.
Result<std::vector<double>> read_truth(const std::filesystem::path& path);
/// Reads train_NAME.txt, test_NAME.txt and RUL_NAME.txt (each plain or .gz) from a folder, e.g. read_subset(folder,
/// "FD001").
Result<Subset> read_subset(const std::filesystem::path& folder, std::string_view name);
/// The subsets whose three files lie in the folder, sorted by name.
std::vector<std::string> list_subsets(const std::filesystem::path& folder);
/// Where recorded data lies: $MILLRACE_DATA/cmapss, else shared/data/cmapss beside the current folder or one above it.
/// Empty when there is none: then people must be told that data is missing or simulated.
std::filesystem::path find_recorded_data();

/// First and last unit: "61-100", or "7".
Result<std::pair<int, int>> parse_units(std::string_view text);

}  // namespace millrace::cmapss
