#include "gateway/plan.hpp"

#include "usecase/quality_limits.hpp"
#include "usecase/selection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace millrace {

namespace {

class Builder {
 public:
  AcquisitionPlan plan;

  std::uint32_t asset_index(const std::string& id, std::size_t connection, const AssetGroup& group) {
    for (std::size_t i = 0; i < plan.assets.size(); ++i) {
      if (plan.assets[i].id == id) return static_cast<std::uint32_t>(i);
    }
    plan.assets.push_back({.id = id, .connection = connection, .properties = {group.type, group.tags}});
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

  /// What a use case wants to write must be allowed by this gateway's own file, else it stays unwritten.
  void add_output(const UseCase& use_case, const std::string& asset, const ConnectionConfig& connection,
                  std::size_t index) {
    const auto& decision = use_case.decision;
    const auto node = expand_address(decision.write->opcua, asset);
    const auto allowed = std::find_if(connection.writable.begin(), connection.writable.end(),
                                      [&](const auto& each) { return expand_address(each.node, asset) == node; });
    if (allowed == connection.writable.end()) {
      return object(
          fmt::format("use case {} wants to write {}, which connection {} does not list under `writable`: "
                      "nothing is written. Add it there if it is a display tag or a set-point; never a "
                      "safety node",
                      use_case.name, decision.write->opcua, connection.name));
    }
    const OutputNode output{index, node, allowed->low, allowed->high};
    const double value = decision.write->value;
    const auto envelope = decision.is_setpoint ? *decision.envelope : UseCase::Envelope{.low = value, .high = value};
    const bool needs_range = decision.is_setpoint && !allowed->has_range;
    if (needs_range || envelope.low < allowed->low || envelope.high > allowed->high) {
      return object(
          fmt::format("use case {} writes {} to {} into {}, but `writable` of connection {} {}: nothing is "
                      "written",
                      use_case.name, envelope.low, envelope.high, decision.write->opcua, connection.name,
                      needs_range ? "gives no low and high, as a set-point needs"
                                  : fmt::format("allows {} to {}", allowed->low, allowed->high)));
    }
    const auto [leader, is_first] = written_.try_emplace({index, node}, decision.is_setpoint);
    if (!is_first && (leader->second || decision.is_setpoint)) {
      return object(
          fmt::format("use case {} writes {} of {}, which another use case writes already: the other one counts",
                      use_case.name, decision.write->opcua, asset));
    }
    if (!decision.is_setpoint) {
      plan.writes[{use_case.name, asset}] = {output, value};
      return;
    }
    plan.setpoints[{use_case.name, asset}] = {.node = output,
                                              .envelope = envelope,
                                              .timeout_us = decision.timeout.after_us,
                                              .advice = decision.advice,
                                              .value = decision.write->value,
                                              .is_prediction = decision.write->is_prediction};
  }

 private:
  /// Once, not for every asset.
  void object(std::string problem) {
    if (std::find(plan.problems.begin(), plan.problems.end(), problem) == plan.problems.end())
      plan.problems.push_back(std::move(problem));
  }

  std::map<std::pair<std::size_t, std::string>, bool> written_;  ///< connection and node: a set-point?
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
  std::set<std::string> wanted;
  for (std::size_t connection = 0; connection < connections.size(); ++connection) {
    for (const auto& group : connections[connection].assets) {
      for (const auto& id : group.ids) {
        auto asset = builder.asset_index(id, connection, group);
        for (const auto& use_case : use_cases) {
          if (!selects(use_case.assets, site, group.type, group.tags)) continue;
          wanted.insert(use_case.name);
          for (const auto& signal : use_case.signals) builder.add_signal(use_case, signal, asset);
          if (use_case.decision.write) builder.add_output(use_case, id, connections[connection], connection);
        }
      }
    }
  }
  for (const auto& use_case : use_cases) {
    if (wanted.contains(use_case.name)) continue;
    builder.plan.problems.push_back(
        fmt::format("use case {} selects {}, but no connection of this gateway has any: "
                    "add them to `connections`, or change `assets` in the use case",
                    use_case.name, to_text(use_case.assets)));
  }
  return std::move(builder.plan);
}

}  // namespace millrace
