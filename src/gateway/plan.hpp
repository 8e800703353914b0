#pragma once

#include "gateway/config.hpp"
#include "signal/catalogue.hpp"
#include "signal/quality.hpp"
#include "sparkplug/asset_properties.hpp"
#include "usecase/usecase.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace millrace {

struct PlannedAsset {
  std::string id;
  std::size_t connection = 0;
  sparkplug::AssetProperties properties;
  std::vector<SignalIndex> signals;  ///< none: no use case selects the asset
};

/// A node that the gateway's configuration allows to be written, and within which bounds.
struct OutputNode {
  std::size_t connection = 0;
  std::string node;
  double low = 0, high = 0;
};

/// A plain display tag that is written when an edge advises something.
struct AdviceWrite {
  OutputNode node;
  double value = 1;
};

/// A control input that follows the decisions of one use case.
struct SetpointPlan {
  OutputNode node;
  UseCase::Envelope envelope;
  std::int64_t timeout_us = 0;  ///< without decision for so long: the safe value
  std::string advice;           ///< the word that wishes something
  double value = 0;
  bool is_prediction = false;  ///< the prediction is wished, not `value`
};

using UseCaseAsset = std::pair<std::string, std::string>;

/// What the gateway reads and from where: the use cases laid over the configured connections.
struct AcquisitionPlan {
  SignalCatalogue catalogue;
  std::vector<PlannedAsset> assets;             ///< all that are configured
  std::vector<std::uint32_t> asset_of;          ///< by signal
  std::vector<QualityLimits> limits;            ///< by signal
  std::vector<std::vector<opcua::Item>> items;  ///< by connection
  std::map<UseCaseAsset, AdviceWrite> writes;
  std::map<UseCaseAsset, SetpointPlan> setpoints;
  std::vector<std::string> problems;  ///< what does not fit together, one sentence each
  [[nodiscard]] const PlannedAsset* find(std::string_view asset) const;
};

/// Two use cases may name the same signal of an asset when they mean the same node.
AcquisitionPlan make_acquisition_plan(const std::string& site, const std::vector<ConnectionConfig>& connections,
                                      const std::vector<UseCase>& use_cases);

}  // namespace millrace
