#include "plant/simulator.hpp"

#include "base/file.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <iterator>
#include <random>

namespace millrace::plant {

namespace {

/// How a signal behaves: healthy value, change at the end of life, noise, decimals that the sensor resolves.
struct Behaviour {
  double healthy, wear, noise;
  int decimals;
};

/// In the order of cmapss::signal_names. Values near those of a large turbofan at sea level; our own choice.
constexpr std::array<Behaviour, cmapss::signal_names.size()> behaviours = {{
    {0.0, 0.0, 0.0022, 4},     // setting1
    {0.0, 0.0, 0.0003, 4},     // setting2
    {100.0, 0.0, 0.0, 1},      // setting3
    {518.67, 0.0, 0.0, 2},     // T2
    {642.2, 1.7, 0.33, 2},     // T24
    {1585.0, 20.0, 4.6, 2},    // T30
    {1401.0, 32.0, 4.8, 2},    // T50
    {14.62, 0.0, 0.0, 2},      // P2
    {21.61, 0.0, 0.001, 2},    // P15
    {554.0, -2.9, 0.47, 2},    // P30
    {2388.04, 0.24, 0.04, 2},  // Nf
    {9050.0, 25.0, 9.0, 2},    // Nc
    {1.3, 0.0, 0.0, 2},        // epr
    {47.3, 1.0, 0.12, 2},      // Ps30
    {522.0, -2.5, 0.38, 2},    // phi
    {2388.04, 0.25, 0.04, 2},  // NRf
    {8138.0, 20.0, 9.0, 2},    // NRc
    {8.42, 0.13, 0.019, 4},    // BPR
    {0.03, 0.0, 0.0, 2},       // farB
    {392.0, 4.5, 0.9, 0},      // htBleed
    {2388.0, 0.0, 0.0, 0},     // Nf_dmd
    {100.0, 0.0, 0.0, 2},      // PCNfR_dmd
    {38.9, -0.7, 0.10, 2},     // W31
    {23.35, -0.42, 0.06, 4},   // W32
}};

double rounded(double value, int decimals) {
  double scale = std::pow(10.0, decimals);
  return std::round(value * scale) / scale;
}

/// 1 at failure, e times less every `memory_cycles` before it: what wear there is tells how much life is left, as in
/// real machines whose damage grows by itself. `start` is what an engine came with.
double wear_at(int cycles_left, double start, double memory_cycles) {
  return start + (1 - start) * std::exp(-cycles_left / memory_cycles);
}

}  // namespace

std::vector<cmapss::Engine> simulate_engines(int count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::uniform_real_distribution<double> uniform;
  std::vector<cmapss::Engine> engines;
  for (int unit = 1; unit <= count; ++unit) {
    cmapss::Engine engine{.unit = unit};
    int life = static_cast<int>(128 + 234 * std::pow(uniform(random), 1.9));
    double start = 0.02 * uniform(random), memory_cycles = 46 + 6 * uniform(random);
    for (int number = 1; number <= life; ++number) {
      cmapss::Cycle cycle{.number = number};
      double wear = wear_at(life - number, start, memory_cycles);
      for (std::size_t i = 0; i < behaviours.size(); ++i) {
        auto& signal = behaviours[i];
        cycle.values[i] = rounded(signal.healthy + signal.wear * wear + signal.noise * normal(random), signal.decimals);
      }
      engine.cycles.push_back(cycle);
    }
    engines.push_back(std::move(engine));
  }
  return engines;
}

Result<void> write_simulated_files(const std::filesystem::path& folder, std::uint64_t seed) {
  std::string text;
  for (auto& engine : simulate_engines(100, seed)) {
    for (auto& cycle : engine.cycles) {
      fmt::format_to(std::back_inserter(text), "{} {}", engine.unit, cycle.number);
      for (double value : cycle.values) fmt::format_to(std::back_inserter(text), " {}", value);
      text += '\n';
    }
  }
  return write_file(folder / "train_FD001.txt", text);
}

}  // namespace millrace::plant
