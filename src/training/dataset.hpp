#pragma once

#include "features/definition.hpp"
#include "training/history.hpp"
#include "training/trainer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace {

/// Which assets are learned from and which are kept out to measure. By asset, never by row: rows of one life are alike.
struct Split {
  std::vector<std::size_t> training;
  std::vector<std::size_t> validation;
};

/// Seeded; at least one asset stays on either side when `share` > 0 and there are two. `candidates`: indices of assets.
Split split_by_asset(std::vector<std::size_t> candidates, double share, std::uint64_t seed);

/// Feature rows of some assets, in the order of time within each life.
struct Dataset {
  TrainingTable table;  ///< labels cut at the cap
  std::vector<float> labels_uncapped;
  std::vector<std::uint32_t> asset;  ///< per row
};

struct DatasetRequest {
  std::string until;   ///< "work_order.failure"
  double cap = 0;      ///< 0: none
  double horizon = 0;  ///< rows labelled at or beyond it are left out; 0: none
};

/// Runs the rows of every life through the edge's own AssetWindow. Rows without a known label are left out.
Dataset make_dataset(const History& history, const FeatureDefinition& definition, std::span<const std::size_t> assets,
                     const DatasetRequest& request);

/// Raw rows (row-major) of the lives with a known label of some assets: what normalisation is fitted on.
std::vector<double> labelled_rows(const History& history, std::span<const std::size_t> assets, std::string_view until);

/// How many operating regimes the context signals show, up to 12: the k whose clusters are at least ten times tighter
/// than those of k - 1, the largest such drop; 1 when there is none (settings that are constant or vary without steps).
/// A Gaussian or uniform cloud never drops that much: going from 1 to 2 gives at most 4.
Result<std::uint32_t> find_regimes(const FeatureDefinition& definition, std::span<const double> rows,
                                   std::uint64_t seed);

}  // namespace millrace
