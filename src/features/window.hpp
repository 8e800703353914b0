#pragma once

#include "base/result.hpp"
#include "features/aligner.hpp"
#include "features/definition.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// One asset's raw rows: the newest `window`, and the first ones of its life. Features are a pure function of these
/// rows, so live, restored and replayed windows give bit-identical vectors (invariant b). Rows may come late: they go
/// where their time belongs. `push` and `compute` never allocate.
class AssetWindow {
 public:
  explicit AssetWindow(std::shared_ptr<const FeatureDefinition> definition);

  /// What became of a row.
  enum class Pushed {
    appended,  ///< newest row: time to decide (when `due`)
    mended,    ///< inserted or merged into the past
    ignored,   ///< older than the window, or nothing new
  };
  Pushed push(const Row& row);

  /// Rows of this life so far, and whether the definition's step asks for a decision now.
  [[nodiscard]] std::uint64_t rows() const { return life_rows_; }
  [[nodiscard]] bool due() const { return held_ > 0 && (life_rows_ - 1) % definition_->step == 0; }
  [[nodiscard]] TimeUs newest_us() const;
  /// Clock of the newest row; NaN without one. Without a clock signal: rows of this life.
  [[nodiscard]] double clock() const;
  /// Share of the used measured cells of the newest row that are good or held from a good one, 0..1.
  [[nodiscard]] double inputs_good() const;

  /// Writes definition().size() floats.
  void compute(std::span<float> features) const;

  /// The asset's life ended (work order): all rows are forgotten. Rows up to `source_time_us` are ignored from now on.
  void reset(TimeUs source_time_us);

  /// A new model: the same raw rows under another definition. `failed_precondition` when the layouts differ.
  Result<void> change_definition(std::shared_ptr<const FeatureDefinition> definition);
  [[nodiscard]] const FeatureDefinition& definition() const { return *definition_; }

  /// Raw state as bytes, with column names and CRC-32C. `deserialise` takes what fits: `corrupt` for torn bytes,
  /// `failed_precondition` for another layout.
  [[nodiscard]] std::string serialise() const;
  Result<void> deserialise(std::string_view bytes);

 private:
  struct Rows {                     ///< raw rows in time order, contiguous from `begin`
    std::vector<TimeUs> times;
    std::vector<double> values;
    std::vector<Cell> cells;
  };
  void append(const Row& row);
  bool mend(const Row& row);
  void shift_back();
  void derive_from(std::size_t first);
  void derive_row(std::size_t row);
  void derive_baseline();
  [[nodiscard]] bool keep_first(const Row& row);

  std::shared_ptr<const FeatureDefinition> definition_;
  std::size_t columns_ = 0;
  std::size_t capacity_ = 0;        ///< rows kept = window; buffers hold twice as many, so that they move rarely
  std::size_t begin_ = 0, held_ = 0;
  Rows raw_;
  std::vector<double> effective_;   ///< raw after hold, per row and column
  std::vector<double> normal_;      ///< after regime normalisation: used columns only
  Rows first_;                      ///< the first rows of the life
  std::size_t first_held_ = 0;
  std::vector<double> first_mean_;  ///< used columns x statistics that need it
  std::uint64_t life_rows_ = 0;
  TimeUs ignore_until_us_ = INT64_MIN;
  mutable std::vector<double> scratch_;
};

}  // namespace millrace
