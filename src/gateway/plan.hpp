#pragma once

#include "gateway/config.hpp"
#include "signal/catalogue.hpp"
#include "signal/quality.hpp"
#include "usecase/usecase.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

struct PlannedAsset {
  std::string id;
  std::size_t connection = 0;
  std::vector<SignalIndex> signals;
};

/// A plain display tag that is written when an edge advises something.
struct AdviceWrite {
  std::size_t connection = 0;
  std::string node;
  double value = 1;
};

/// What the gateway reads and from where: the use cases laid over the configured connections.
struct AcquisitionPlan {
  SignalCatalogue catalogue;
  std::vector<PlannedAsset> assets;
  std::vector<std::uint32_t> asset_of;                                ///< by signal
  std::vector<QualityLimits> limits;                                  ///< by signal
  std::vector<std::vector<opcua::Item>> items;                        ///< by connection
  std::map<std::pair<std::string, std::string>, AdviceWrite> writes;  ///< by use case and asset
  std::vector<std::string> problems;                                  ///< what does not fit together, one sentence each
  [[nodiscard]] const PlannedAsset* find(std::string_view asset) const;
};

/// Two use cases may name the same signal of an asset when they mean the same node.
AcquisitionPlan make_acquisition_plan(const std::string& site, const std::vector<ConnectionConfig>& connections,
                                      const std::vector<UseCase>& use_cases);

}  // namespace millrace
