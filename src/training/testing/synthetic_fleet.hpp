#pragma once

#include "training/data_source.hpp"
#include "usecase/usecase.hpp"

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace millrace::testing {

/// Machines that wear out: two signals drift with wear, one never changes, all shift by the operating regime as flight
/// conditions do. What a six-regime data set looks like, without the data.
struct SyntheticFleet {
  int assets = 30;
  int regimes = 1;
  std::uint64_t seed = 1;
};

inline const std::vector<std::string>& fleet_columns() {
  static const std::vector<std::string> columns = {"heat", "pressure", "dead", "load", "height", "age"};
  return columns;
}

inline UseCase fleet_use_case() {
  UseCase use_case;
  use_case.name = "synthetic-fleet";
  for (const char* name : {"heat", "pressure", "dead"})
    use_case.signals.push_back({.name = name, .role = SignalRole::measurement});
  for (const char* name : {"load", "height"}) {
    use_case.signals.push_back({.name = name, .role = SignalRole::context});
    use_case.features.regimes.context.emplace_back(name);
  }
  use_case.signals.push_back({.name = "age", .role = SignalRole::clock});
  use_case.features.window = 30;
  use_case.features.each = {"last", "mean", "slope"};
  use_case.features.age = true;
  use_case.features.drop_constant = true;
  use_case.features.regimes.clusters = 0;
  use_case.model.label = {.kind = "remaining_useful_life", .until = "work_order.failure", .cap = 60};
  use_case.model.trainer.rounds = 120;
  use_case.model.trainer.learning_rate = 0.1;
  use_case.model.gates = {{"rmse", {CompareOperator::less_equal, 25, ""}}};
  return use_case;
}

/// One asset's points in time order and the ends of its lives.
struct AssetRecord {
  std::string name;
  std::vector<TrainingPoint> points;
  std::vector<LifeEnd> ends;
};

inline std::vector<AssetRecord> make_records(const SyntheticFleet& fleet) {
  std::mt19937_64 random(fleet.seed);
  const auto uniform = [&] { return static_cast<double>(random() >> 11U) * 0x1.0p-53; };
  std::vector<AssetRecord> records;
  for (int asset = 0; asset < fleet.assets; ++asset) {
    AssetRecord record;
    record.name = "machine-" + std::to_string(100 + asset);
    const int life = 80 + static_cast<int>(random() % 60);
    for (int age = 1; age <= life; ++age) {
      const TimeUs time_us = TimeUs{age} * 60'000'000;
      const double wear = std::exp((age - life) / 25.0);
      const auto regime = static_cast<double>(random() % static_cast<std::uint64_t>(fleet.regimes));
      const double values[] = {500 + 80 * regime + 10 * wear + uniform(),
                               30 - 4 * regime - 2 * wear + 0.3 * uniform(),
                               7,
                               20 * regime + 0.01 * uniform(),
                               1000 * std::fmod(regime * 3, 7) + uniform(),
                               static_cast<double>(age)};
      for (std::uint32_t column = 0; column < 6; ++column) {
        record.points.push_back({column, status::good, time_us, values[column]});
      }
    }
    record.ends.push_back({TimeUs{life} * 60'000'000, "failure", static_cast<double>(life)});
    records.push_back(std::move(record));
  }
  return records;
}

/// Gives records from memory. Columns must be asked for in the fleet's order.
class MemorySource final : public DataSource {
 public:
  explicit MemorySource(std::vector<AssetRecord> asset_records) : records(std::move(asset_records)) {}
  Result<void> read(std::span<const std::string> /*signals*/, HistorySink& sink) override {
    for (const auto& record : records) {
      TRY(sink.begin_asset("site", record.name, record.ends));
      TRY(sink.points(record.points));
      TRY(sink.end_asset());
    }
    return {};
  }
  [[nodiscard]] DataIdentity identity() const override { return {"memory", "1", "all of it"}; }

  std::vector<AssetRecord> records;
};

}  // namespace millrace::testing
