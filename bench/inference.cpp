// One row at a time through both engines, never the same row twice: a repeated row teaches the branch predictor the
// whole path and shows a third of the true time. The peers' figures are those of ONNX Runtime 1.29 and of trees
// compiled by tl2cgen on a like machine.
#include "inference/engine.hpp"
#include "onnx/synthetic.hpp"
#include "result_line.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

namespace millrace {
namespace {

constexpr std::size_t row_count = 20'000;

std::vector<float> distinct_rows(std::size_t features) {
  std::mt19937_64 random(42);
  std::vector<float> rows(row_count * features);
  for (auto& value : rows) value = static_cast<float>(random() >> 40U) / 16777216.0F;
  return rows;
}

using Seconds = std::chrono::duration<double>;

struct Times {
  double single_us;  ///< per row, one call a row; median of five passes
  double batch_us;   ///< per row, 64 rows a call
};

Times measure(Engine& engine, const std::vector<float>& rows) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  std::vector<float> outputs(row_count);
  std::vector<double> single;
  std::vector<double> batch;
  const auto run = [&](std::size_t first, std::size_t count) {
    const std::size_t width = engine.features();
    if (!engine.run(std::span(rows).subspan(first * width, count * width), std::span(outputs).subspan(first, count)))
      std::abort();
  };
  for (int pass = 0; pass < 5; ++pass) {
    auto start = now();
    for (std::size_t k = 0; k < row_count; ++k) run(k, 1);
    single.push_back(Seconds(now() - start).count());
    start = now();
    for (std::size_t k = 0; k + 64 <= row_count; k += 64) run(k, 64);
    batch.push_back(Seconds(now() - start).count());
  }
  const auto median = [](std::vector<double>& values) {
    std::ranges::sort(values);
    return values[values.size() / 2] / row_count * 1e6;
  };
  return {median(single), median(batch)};
}

struct Case {
  const char* name;
  onnx::SyntheticTrees trees;
  double target_us;
  bench::Peer peer;
};

int run() {
  const Case cases[] = {
      {"trees 100x31 leaves", {.features = 32, .trees = 100, .leaves = 31}, 1.0, {"onnxruntime 1.29", 6.2}},
      {"trees 300x depth 6", {.features = 128, .trees = 300, .depth = 6}, 3.0, {"onnxruntime 1.29", 17.7}},
  };
  for (const auto& test : cases) {
    const std::string bytes = onnx::to_bytes(onnx::to_model(onnx::make_synthetic(test.trees)));
    const auto rows = distinct_rows(test.trees.features);
    for (const auto make : {make_tree_engine, make_onnxruntime_engine}) {
      auto engine = make(bytes);
      if (!engine) {
        fmt::print(stderr, "{}\n", engine.error().message);
        return 1;
      }
      const Times times = measure(**engine, rows);
      const bool own = (*engine)->name() == "trees";
      const std::string name = fmt::format("inference, {}, engine {}", test.name, (*engine)->name());
      bench::print_result(name + ", one row", times.single_us, "us", "lower", own ? test.target_us : __builtin_nan(""),
                          own ? test.peer : bench::Peer{});
      bench::print_result(name + ", 64 rows", times.batch_us, "us per row", "lower");
    }
  }
  return 0;
}

}  // namespace
}  // namespace millrace

int main() { return millrace::run(); }
