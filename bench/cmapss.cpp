// Remaining useful life on NASA's turbofan files, learned by the platform's own trainer through the lake:
//   bench_cmapss FOLDER [SUBSET|any] [SEEDS]
// All training engines are learned from, the official test engines are predicted at their last cycle, and no test label
// is touched before the last line of a run: the labels only enter `evaluate`. Published figures differ in whether test
// labels are cut at 125, so both are printed.
#include "cmapss/cmapss.hpp"
#include "base/file.hpp"
#include "features/window.hpp"
#include "inference/engine.hpp"
#include "lake/duckdb/duckdb_lake.hpp"
#include "result_line.hpp"
#include "training/history.hpp"
#include "training/lake/lake_source.hpp"
#include "training/training.hpp"

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>

namespace millrace {
namespace {

namespace fs = std::filesystem;

constexpr double cap = 125;
constexpr TimeUs first_us = 1'767'225'600'000'000;  // 2026-01-01
constexpr TimeUs cycle_us = 3'600'000'000;

/// What an engineer would write for these engines; nothing in it depends on the subset.
UseCase make_use_case() {
  UseCase use_case;
  use_case.name = "remaining-useful-life";
  for (std::size_t k = 0; k < cmapss::signal_names.size(); ++k) {
    const bool setting = k < cmapss::setting_count;
    use_case.signals.push_back({.name = std::string(cmapss::signal_names[k]),
                                .role = setting ? SignalRole::context : SignalRole::measurement});
    if (setting) use_case.features.regimes.context.emplace_back(cmapss::signal_names[k]);
  }
  use_case.signals.push_back({.name = "cycle", .role = SignalRole::clock});
  use_case.features.window = 60;
  use_case.features.each = {"last", "mean", "std", "slope", "trend_end", "mean_5", "mean_15", "delta_first_10"};
  use_case.features.age = true;
  use_case.features.drop_constant = true;
  use_case.features.regimes.clusters = 0;
  use_case.model.label = {
      .kind = "remaining_useful_life", .until = "work_order.failure", .cap = cap, .rows_below = 200};
  use_case.model.trainer.bins = 128;
  use_case.model.validation = 0.2;
  return use_case;
}

/// Stores engines as a plant would have sent them; the failure of a training engine is a work order at its last cycle.
Result<void> store(Lake& lake, const std::string& site, const std::vector<cmapss::Engine>& engines, bool fail_at_end,
                   std::int32_t& next_id) {
  LakeCommit commit;
  for (const auto& engine : engines) {
    const std::int32_t first = next_id;
    for (const auto name : cmapss::signal_names)
      commit.signals.push_back({next_id++, site, engine.asset(), std::string(name), "", ""});
    commit.signals.push_back({next_id++, site, engine.asset(), "cycle", "", ""});
    for (const auto& cycle : engine.cycles) {
      const TimeUs time_us = first_us + cycle.number * cycle_us;
      for (std::size_t k = 0; k < cycle.values.size(); ++k) {
        commit.samples.add(first + static_cast<std::int32_t>(k), time_us, cycle.values[k], status::good);
      }
      commit.samples.add(next_id - 1, time_us, cycle.number, status::good);
    }
    if (!fail_at_end) continue;
    commit.work_orders.push_back({.time_us = first_us + engine.cycles.back().number * cycle_us,
                                  .site = site,
                                  .asset = engine.asset(),
                                  .kind = "failure",
                                  .clock = static_cast<double>(engine.cycles.back().number),
                                  .source = "import"});
  }
  TRY_ASSIGN(const SnapshotId id, lake.commit(commit, "bench", "import " + site, ""));
  static_cast<void>(id);
  return {};
}

/// The model's answer at the last row of each asset, by the edge's own code: window, features, tree engine.
Result<std::vector<float>> predict_at_end(DataSource& source, const ModelBundle& bundle) {
  TRY_ASSIGN(FeatureDefinition definition, parse_feature_definition(bundle.features_json));
  TRY_ASSIGN(const auto engine, make_tree_engine(bundle.model_onnx));
  const auto shared = std::make_shared<const FeatureDefinition>(std::move(definition));
  TRY_ASSIGN(const History history, read_history(shared->layout, source));
  std::vector<float> predictions;
  std::vector<float> features(shared->size());
  for (const auto& life : history.lives) {
    AssetWindow window(shared);
    for (std::size_t k = life.begin; k < life.end; ++k) window.push(history.row(k));
    window.compute(features);
    float prediction = 0;
    TRY(engine->run(features, std::span(&prediction, 1)));
    predictions.push_back(std::clamp(prediction, 0.0F, static_cast<float>(cap)));
  }
  return predictions;
}

struct Outcome {
  std::uint64_t seed;
  Metrics test;
  Metrics validation;
  double seconds;
  std::size_t regimes;
};

Result<std::vector<Outcome>> run_seeds(Lake& lake, const cmapss::Subset& subset, std::uint64_t seeds) {
  std::vector<Outcome> outcomes;
  const UseCase use_case = make_use_case();
  const std::vector<float> truth(subset.truth.begin(), subset.truth.end());
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    const auto start = std::chrono::steady_clock::now();
    TRY_ASSIGN(const auto training, make_lake_source(lake, {.site = "training"}));
    TRY_ASSIGN(const ModelBundle bundle,
               train({.use_case = use_case, .model_version = "bench/1", .seed = seed}, *training));
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    TRY_ASSIGN(const auto test, make_lake_source(lake, {.site = "test"}));
    TRY_ASSIGN(const auto predictions, predict_at_end(*test, bundle));
    if (predictions.size() != truth.size())
      return fail(ErrorCode::internal, "a test engine got lost on its way through the lake");
    TRY_ASSIGN(const auto definition, parse_feature_definition(bundle.features_json));
    outcomes.push_back({seed, evaluate(predictions, truth, cap), bundle.validation, seconds,
                        std::max<std::size_t>(1, definition.normalisation.regimes())});
    const Outcome& last = outcomes.back();
    fmt::print("{:<8} {:>4} {:>8} {:>12.2f} {:>14.2f} {:>10.0f} {:>16.2f} {:>9.1f}\n", subset.name, seed, last.regimes,
               last.test.rmse, last.test.rmse_uncapped, last.test.nasa_score, last.validation.rmse, seconds);
    std::fflush(stdout);
  }
  return outcomes;
}

double median(std::vector<Outcome> outcomes, double (*value)(const Outcome&)) {
  std::ranges::sort(outcomes, {}, value);
  const std::size_t middle = outcomes.size() / 2;
  return outcomes.size() % 2 == 1 ? value(outcomes[middle])
                                  : (value(outcomes[middle - 1]) + value(outcomes[middle])) / 2;
}

Result<void> run_subset(const fs::path& folder, const std::string& name, std::uint64_t seeds) {
  TRY_ASSIGN(const cmapss::Subset subset, cmapss::read_subset(folder, name));
  std::string pattern = (fs::temp_directory_path() / "millrace-bench-XXXXXX").string();
  const fs::path scratch = mkdtemp(pattern.data());
  const auto work = [&]() -> Result<std::vector<Outcome>> {
    TRY_ASSIGN(const auto lake, open_duckdb_lake({.folder = scratch / "lake"}));
    std::int32_t next_id = 1;
    TRY(store(*lake, "training", subset.train, true, next_id));
    TRY(store(*lake, "test", subset.test, false, next_id));
    return run_seeds(*lake, subset, seeds);
  };
  const auto outcomes = work();
  fs::remove_all(scratch);
  if (!outcomes) return fail(outcomes.error());
  const double target = name == "FD001" ? 12.0 : name == "FD003" ? 11.5 : __builtin_nan("");
  const auto show = [&](const char* what, const char* unit, double limit, double (*value)(const Outcome&)) {
    bench::print_result(fmt::format("C-MAPSS {}, {}, median of {} seeds", name, what, seeds), median(*outcomes, value),
                        unit, "lower", limit);
  };
  show("RMSE at the last cycle, labels cut at 125", "cycles", target, [](const Outcome& o) { return o.test.rmse; });
  show("RMSE at the last cycle, labels uncut", "cycles", __builtin_nan(""),
       [](const Outcome& o) { return o.test.rmse_uncapped; });
  show("NASA score, labels cut at 125", "points", __builtin_nan(""),
       [](const Outcome& o) { return o.test.nasa_score; });
  show("training from the lake to a checked bundle", "s", __builtin_nan(""),
       [](const Outcome& o) { return o.seconds; });
  return {};
}

int run(int argc, char** argv) {
  const fs::path folder = argc > 1 ? fs::path(argv[1]) : cmapss::find_recorded_data();
  std::vector<std::string> subsets;
  if (argc > 2 && std::string(argv[2]) != "any") {
    subsets = {argv[2]};
  } else {
    subsets = cmapss::list_subsets(folder);
  }
  const std::uint64_t seeds = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 5;
  if (subsets.empty() || seeds == 0) {
    fmt::print(stderr,
               "usage: bench_cmapss FOLDER [SUBSET|any] [SEEDS]\n{} holds no train_X.txt, test_X.txt and RUL_X.txt "
               "(plain or .gz)\n",
               folder.empty() ? "the current folder" : folder.string());
    return 2;
  }
  fmt::print("{:<8} {:>4} {:>8} {:>12} {:>14} {:>10} {:>16} {:>9}\n", "subset", "seed", "regimes", "RMSE cut 125",
             "RMSE uncut", "score", "RMSE validation", "seconds");
  for (const auto& name : subsets) {
    if (const auto result = run_subset(folder, name, seeds); !result) {
      fmt::print(stderr, "{}: {}\n", name, result.error().message);
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  // OpenMP threads that wait in a loop are three times slower when something else wants the processor; the library
  // reads this before main, so the program starts itself once more.
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) {
    setenv("OMP_WAIT_POLICY", "passive", 1);
    execv("/proc/self/exe", argv);
  }
  return millrace::run(argc, argv);
}
