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

/// Signals whose statistics are summed side by side.
inline constexpr std::size_t statistics_block = 8;

/// One asset's raw rows: the newest `window`, and the first ones of its life. Features are a pure function of these
/// rows, so live, restored and replayed windows give bit-identical vectors (invariant b). Rows may come late: they go
/// where their time belongs. `push` and `compute` never allocate.
class AssetWindow {
 public:
  explicit AssetWindow(std::shared_ptr<const FeatureDefinition> definition);

  /// What became of a row.
  enum class Pushed {
    appended,  ///< newest row: time to decide when `due`
    mended,    ///< inserted or merged into the past
    ignored,   ///< older than the window or the life, or nothing new
  };
  Pushed push(const Row& row);

  /// Rows of this life so far, and whether the definition's step asks for a decision now.
  [[nodiscard]] std::uint64_t rows() const { return life_rows_; }
  [[nodiscard]] bool due() const { return raw_.held > 0 && (life_rows_ - 1) % definition_->step == 0; }
  /// Source time of the newest row; when there is none, the time up to which rows are ignored.
  [[nodiscard]] TimeUs newest_us() const;
  /// The clock in the newest row (NaN when it never came). Without a clock signal: rows of this life.
  [[nodiscard]] double clock() const;
  /// Share of the used measured cells of the newest row that are good, or absent and held from before: 0..1.
  [[nodiscard]] double inputs_good() const;

  /// Writes definition().size() floats.
  void compute(std::span<float> features) const;

  /// The asset's life ended (work order): all rows are forgotten. Rows up to `source_time_us` are ignored from now on.
  void reset(TimeUs source_time_us);

  /// A new model: the same raw rows under another definition. `failed_precondition` when the columns differ.
  Result<void> change_definition(std::shared_ptr<const FeatureDefinition> definition);
  [[nodiscard]] const FeatureDefinition& definition() const { return *definition_; }

  /// Raw state as bytes, with column names and CRC-32C. `deserialise` refuses torn bytes (`corrupt`) and other columns
  /// (`failed_precondition`) and then leaves the window as it was.
  [[nodiscard]] std::string serialise() const;
  Result<void> deserialise(std::string_view bytes);

 private:
  /// Rows in time order, contiguous from `begin`: room for twice as many as are kept, so that they move rarely.
  struct Rows {
    std::vector<TimeUs> times;
    std::vector<double> values;
    std::vector<Cell> cells;
    std::size_t begin = 0, held = 0;
  };
  void resize(Rows& rows, std::size_t room) const;
  void write(Rows& rows, std::size_t at, const Row& row) const;
  void open_gap(Rows& rows, std::size_t at) const;
  [[nodiscard]] bool merge(Rows& rows, std::size_t at, const Row& row) const;
  void make_room();
  void append(const Row& row);
  Pushed mend(const Row& row);
  [[nodiscard]] bool keep_first(const Row& row);
  void derive(std::size_t from);
  void derive_row(std::size_t at, const double* before);
  void normalise(const double* effective, double* normal) const;
  void derive_baseline();
  void compute_complete(std::span<float> features) const;
  void compute_with_gaps(std::span<float> features) const;
  void write_means(std::span<float> features) const;
  void sum_block(std::size_t first) const;
  [[nodiscard]] double recent_deviation(std::size_t used, std::size_t rows) const;

  std::shared_ptr<const FeatureDefinition> definition_;
  std::size_t columns_ = 0, capacity_ = 0;
  std::size_t stride_ = 0;              ///< used columns, rounded up to whole blocks of the statistics' loops
  Rows raw_;                            ///< the window
  std::vector<double> effective_;       ///< per row of raw_: values after hold
  std::vector<double> normal_;          ///< per row of raw_, stride_ apart: used columns after regime normalisation
  std::vector<std::uint32_t> missing_;  ///< per row of raw_: used values that are NaN
  std::vector<double> carry_;           ///< effective values of the row that left the window last: hold goes on
  Rows first_;                          ///< the first rows of the life
  std::vector<double> first_effective_, first_normal_;
  std::vector<double> first_mean_;  ///< per statistic of `each` and used column; 0 where not needed
  std::uint64_t life_rows_ = 0;
  TimeUs ignore_until_us_ = INT64_MIN;
  mutable std::vector<double> scratch_;
};

}  // namespace millrace
