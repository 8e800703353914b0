#pragma once

#include "base/result.hpp"
#include "lake/lake.hpp"
#include "training/data_source.hpp"

#include <memory>
#include <string>
#include <vector>

namespace millrace {

struct LakeSelection {
  SnapshotId snapshot =
      latest_snapshot;              ///< the newest is pinned when the source is made: reading again gives the same
  std::string site = "*";           ///< "*" is every site
  std::vector<std::string> assets;  ///< empty: all that have one of the signals
  TimeUs from_us = 0;               ///< inclusive
  TimeUs to_us = 0;                 ///< exclusive; 0: no end
};

/// Samples and work orders of one snapshot of the lake. The lake must outlive the source. Blocking, as the lake is.
Result<std::unique_ptr<DataSource>> make_lake_source(Lake& lake, const LakeSelection& selection);

}  // namespace millrace
