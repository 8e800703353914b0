#pragma once

#include "features/aligner.hpp"
#include "features/definition.hpp"
#include "training/data_source.hpp"
#include "usecase/usecase.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace millrace {

/// From one overhaul to the next failure: the rows of one life of one asset, as the edge would have seen them.
struct Life {
  std::size_t asset = 0;  ///< index in History::assets
  std::size_t begin = 0;  ///< rows [begin, end) of History
  std::size_t end = 0;
  bool ended = false;  ///< a work order ended it; else it goes on (or its end is not known)
  LifeEnd how;
};

/// Raw rows of all assets in memory, row-major in the layout's columns: 8 bytes a cell, 200 MB for a million rows of 25
/// signals.
struct History {
  struct Asset {
    std::string site;
    std::string name;
  };
  RowLayout layout;
  std::vector<Asset> assets;
  std::vector<Life> lives;
  std::vector<TimeUs> times;
  std::vector<double> values;  ///< NaN unless good or uncertain
  std::vector<Cell> cells;

  [[nodiscard]] std::size_t rows() const { return times.size(); }
  [[nodiscard]] Row row(std::size_t k) const;
  [[nodiscard]] double clock(std::size_t k) const;  ///< NaN without one
  /// SHA-256 over assets, times, values, cells and ends of lives, in their order: the same data gives the same digest.
  [[nodiscard]] std::string sha256() const;
};

/// Reads the signals of the layout and puts them into rows by the edge's own Aligner, into lives by work orders.
/// `corrupt` when a source gives points that go back in time.
Result<History> read_history(const RowLayout& layout, DataSource& source);

/// Remaining life at a row in units of the clock, or NaN where it is not known: the life goes on, its end is not of the
/// kind that the label asks for and nothing was found about what was left, or the row has no clock. `until`:
/// "work_order.failure".
double remaining_life(const History& history, const Life& life, std::size_t row, std::string_view until);

}  // namespace millrace
