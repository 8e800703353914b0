// Nanoseconds per feature vector: the demo's use case (21 signals, window of 60, 8 statistics each, age).
#include "result_line.hpp"

#include "base/file.hpp"
#include "features/window.hpp"

#include <chrono>
#include <cmath>
#include <filesystem>

namespace millrace {
namespace {

int run() {
  const auto yaml = read_file(std::filesystem::path(MILLRACE_SOURCE) / "examples/usecases/turbofan-maintenance.yaml");
  const auto use_case = parse_use_case(*yaml);
  const auto definition = std::make_shared<const FeatureDefinition>(*compile_features(*use_case));
  AssetWindow window(definition);
  std::vector<double> values(definition->layout.size());
  const std::vector<Cell> cells(values.size(), Cell::good);
  std::vector<float> features(definition->size());
  const auto push = [&](TimeUs time_us) {
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = 500 + std::sin(static_cast<double>(time_us) * static_cast<double>(i + 1));
    window.push({time_us, values, cells, false});
  };
  TimeUs time_us = 0;
  while (time_us < 100) push(++time_us);
  constexpr int rounds = 100'000;
  using Clock = std::chrono::steady_clock;
  Clock::duration computing{};
  float sink = 0;
  for (int block = 0; block < 100; ++block) {
    push(++time_us);
    const auto start = Clock::now();
    for (int i = 0; i < rounds / 100; ++i) {
      window.compute(features);
      sink += features[static_cast<std::size_t>(i) % features.size()];
    }
    computing += Clock::now() - start;
  }
  const double ns =
      static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(computing).count()) / rounds;
  bench::print_result("feature_vector_of_169", ns, sink == sink ? "ns" : "ns (NaN)", "lower");
  return 0;
}

}  // namespace
}  // namespace millrace

int main() { return millrace::run(); }
