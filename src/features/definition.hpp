#pragma once

#include "base/result.hpp"
#include "usecase/statistics.hpp"
#include "usecase/usecase.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// The columns of a row: first the measured signals, then the context signals, then the clock. Comes from the use case
/// alone, so that windows outlive a change of the model.
struct RowLayout {
  std::vector<std::string> columns;
  std::size_t measured = 0;  ///< columns [0, measured) are measurements
  std::size_t context = 0;   ///< columns [measured, measured + context) are operating settings
  bool clock = false;        ///< then the last column is the clock

  [[nodiscard]] std::size_t size() const { return columns.size(); }
  [[nodiscard]] std::optional<std::size_t> find(std::string_view signal) const;
  bool operator==(const RowLayout&) const = default;
};
RowLayout row_layout(const UseCase& use_case);

/// Z-scores of each signal within its operating regime. A row belongs to the nearest centre of its context settings
/// (Euclid, each setting scaled to mean 0 and deviation 1 of the training data). Not fitted: values pass unchanged.
struct RegimeNormalisation {
  std::vector<double> context_mean, context_scale;  ///< per context column
  std::vector<std::vector<double>> centers;         ///< regimes x context columns, scaled
  std::vector<std::vector<double>> mean, scale;     ///< regimes x measured columns; scale is never 0

  [[nodiscard]] bool fitted() const { return !mean.empty(); }
  [[nodiscard]] std::size_t regimes() const { return mean.size(); }
  /// The row's regime; settings that are missing (NaN) do not count. 0 when there is one regime only.
  [[nodiscard]] std::size_t regime_of(std::span<const double> context) const;
};

/// Everything that turns rows into a feature vector: one definition for training and for the edge. Stored beside the
/// model as features.json.
struct FeatureDefinition {
  std::string use_case;
  RowLayout layout;
  std::uint32_t window = 30;  ///< rows; fewer at the start of a life
  std::uint32_t step = 1;
  std::uint32_t baseline_rows = 10;
  bool hold = true;  ///< an absent value keeps the one before
  bool age = false;  ///< last feature: the clock's value of the newest row
  std::vector<StatisticSpec> each;
  std::vector<std::size_t> used;  ///< measured columns that become features (training drops constant ones)
  RegimeNormalisation normalisation;

  /// Length of the feature vector: used x each (signal after signal), then age.
  [[nodiscard]] std::size_t size() const { return used.size() * each.size() + (age ? 1 : 0); }
  /// "T24.mean", ..., "age"
  [[nodiscard]] std::vector<std::string> names() const;
  /// SHA-256 of the JSON: part of every decision record.
  [[nodiscard]] std::string hash() const;
};

/// Before training: all measured signals are used, nothing is fitted.
Result<FeatureDefinition> compile_features(const UseCase& use_case);

/// Fits regimes (k-means++ with `seed`, deterministic) and z-scores on rows (row-major, layout.size() columns, NaN for
/// missing), and drops constant signals when `drop_constant`. A signal is constant when its deviation within every
/// regime is below 1e-9 of its size. `invalid_argument` with fewer rows than regimes.
Result<void> fit_normalisation(FeatureDefinition& definition, std::span<const double> rows, std::uint32_t regimes,
                               bool drop_constant, std::uint64_t seed);

std::string to_json(const FeatureDefinition& definition);
Result<FeatureDefinition> parse_feature_definition(std::string_view json);

}  // namespace millrace
