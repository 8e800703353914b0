#include "gateway/plan.hpp"

#include "usecase/quality_limits.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {

namespace {

bool wants(const UseCase& use_case, const std::string& site, const AssetGroup& group) {
  const auto& assets = use_case.assets;
  bool right_site = assets.site == "*" || assets.site.empty() || assets.site == site;
  bool right_type = assets.type.empty() || assets.type == group.type;
  bool right_tag =
      assets.tag.empty() || std::find(group.tags.begin(), group.tags.end(), assets.tag) != group.tags.end();
  return right_site && right_type && right_tag;
}

struct Builder {
  AcquisitionPlan plan;

  std::uint32_t asset_index(const std::string& id, std::size_t connection) {
    for (std::size_t i = 0; i < plan.assets.size(); ++i) {
      if (plan.assets[i].id == id) return static_cast<std::uint32_t>(i);
    }
    plan.assets.push_back({.id = id, .connection = connection});
    return static_cast<std::uint32_t>(plan.assets.size() - 1);
  }

  void add_signal(const UseCase& use_case, const UseCase::SignalDeclaration& declared, std::uint32_t asset) {
    if (declared.opcua.empty()) return;  // it comes from elsewhere
    auto& planned = plan.assets[asset];
    auto address = expand_address(declared.opcua, planned.id);
    if (auto known = plan.catalogue.find(planned.id, declared.name)) {
      if (plan.catalogue.at(*known).address == address) return;
      plan.problems.push_back(
          fmt::format("use case {} reads signal {} of {} at {}, but another use case reads it at {}; "
                      "the latter counts: rename one of the signals",
                      use_case.name, declared.name, planned.id, address, plan.catalogue.at(*known).address));
      return;
    }
    auto limits = quality_limits(use_case, declared);
    auto index = plan.catalogue.add({.asset = planned.id,
                                     .name = declared.name,
                                     .quantity = declared.quantity,
                                     .unit = declared.unit,
                                     .role = declared.role,
                                     .low = limits.low,
                                     .high = limits.high,
                                     .expected_period_us = declared.period_us,
                                     .address = address});
    if (!index) return;
    plan.limits.push_back(limits);
    plan.asset_of.push_back(asset);
    planned.signals.push_back(*index);
    plan.items[planned.connection].push_back({*index, address});
  }
};

}  // namespace

const PlannedAsset* AcquisitionPlan::find(std::string_view asset) const {
  auto found = std::find_if(assets.begin(), assets.end(), [&](const auto& planned) { return planned.id == asset; });
  return found == assets.end() ? nullptr : &*found;
}

AcquisitionPlan make_acquisition_plan(const std::string& site, const std::vector<ConnectionConfig>& connections,
                                      const std::vector<UseCase>& use_cases) {
  Builder builder;
  builder.plan.items.resize(connections.size());
  for (std::size_t connection = 0; connection < connections.size(); ++connection) {
    for (const auto& group : connections[connection].assets) {
      for (const auto& id : group.ids) {
        for (const auto& use_case : use_cases) {
          if (!wants(use_case, site, group)) continue;
          auto asset = builder.asset_index(id, connection);
          for (const auto& signal : use_case.signals) builder.add_signal(use_case, signal, asset);
          if (const auto& write = use_case.decision.write) {
            builder.plan.writes[{use_case.name, id}] = {connection, expand_address(write->opcua, id), write->value};
          }
        }
      }
    }
  }
  for (const auto& use_case : use_cases) {
    bool wanted = std::any_of(connections.begin(), connections.end(), [&](const ConnectionConfig& connection) {
      return std::any_of(connection.assets.begin(), connection.assets.end(),
                         [&](const AssetGroup& group) { return wants(use_case, site, group); });
    });
    if (wanted) continue;
    builder.plan.problems.push_back(
        fmt::format("use case {} selects assets of type '{}' with tag '{}', but no connection of this gateway has any: "
                    "add them to `connections`, or change `assets` in the use case",
                    use_case.name, use_case.assets.type, use_case.assets.tag));
  }
  return std::move(builder.plan);
}

}  // namespace millrace
