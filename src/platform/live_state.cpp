#include "platform/live_state.hpp"

#include "usecase/selection.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace millrace {

std::string_view to_string(AssetState state) {
  switch (state) {
    case AssetState::running:
      return "running";
    case AssetState::overhauled:
      return "overhauled";
    case AssetState::failed:
      return "failed";
    case AssetState::stale:
      return "stale";
    case AssetState::offline:
      return "offline";
  }
  return "offline";
}

std::string_view to_string(SignalQuality quality) {
  switch (quality) {
    case SignalQuality::good:
      return "good";
    case SignalQuality::uncertain:
      return "uncertain";
    case SignalQuality::bad:
      return "bad";
    case SignalQuality::stale:
      return "stale";
  }
  return "bad";
}

void LiveState::set_use_cases(std::vector<UseCase> use_cases) {
  use_cases_ = std::move(use_cases);
  for (std::size_t asset = 0; asset < assets_.size(); ++asset) apply_use_case(asset);
}

std::size_t LiveState::asset_index(const std::string& site, const std::string& name) {
  const auto [found, added] = by_name_.try_emplace({site, name}, assets_.size());
  if (added) {
    assets_.emplace_back();
    assets_.back().site = site;
    assets_.back().name = name;
  }
  return found->second;
}

void LiveState::describe(const std::string& site, const std::string& name, sparkplug::AssetProperties properties) {
  const auto asset = asset_index(site, name);
  assets_[asset].properties = std::move(properties);
  apply_use_case(asset);
}

void LiveState::declare(const SignalRow& row) {
  const auto id = static_cast<std::size_t>(row.signal_id);
  if (row.signal_id < 0 || id >= signal_limit_) {
    ++ignored_signals_;
    return;
  }
  if (id >= signals_.size()) signals_.resize(id + 1);
  if (signals_[id]) {
    signals_[id]->row = row;
    return;
  }
  const auto asset = asset_index(row.site, row.asset);
  signals_[id] = LiveSignal{.row = row, .low = no_value, .high = no_value, .value = no_value, .asset = asset};
  assets_[asset].signals.push_back(row.signal_id);
  apply_use_case(asset);
}

void LiveState::apply_use_case(std::size_t index) {
  auto& asset = assets_[index];
  const UseCase* best = nullptr;
  std::size_t most = 0;
  asset.use_cases.clear();
  for (const auto& use_case : use_cases_) {
    if (!selects(use_case.assets, asset.site, asset.properties.type, asset.properties.tags)) continue;
    const auto known =
        static_cast<std::size_t>(std::count_if(asset.signals.begin(), asset.signals.end(), [&](std::int32_t id) {
          return use_case.find_signal(signals_[static_cast<std::size_t>(id)]->row.signal) != nullptr;
        }));
    const bool is_best = best == nullptr || known > most;
    asset.use_cases.insert(is_best ? asset.use_cases.begin() : asset.use_cases.end(), use_case.name);
    if (!is_best) continue;
    most = known;
    best = &use_case;
  }
  asset.unit = best != nullptr ? best->model.output_unit : "";
  asset.freshness_us = best != nullptr ? best->quality.freshness_us : 0;
  asset.codes.clear();
  for (const auto id : asset.signals) {
    auto& signal = *signals_[static_cast<std::size_t>(id)];
    const auto* declared = best != nullptr ? best->find_signal(signal.row.signal) : nullptr;
    signal.role = declared != nullptr ? declared->role : SignalRole::measurement;
    signal.low = declared != nullptr && declared->range ? declared->range->first : no_value;
    signal.high = declared != nullptr && declared->range ? declared->range->second : no_value;
    signal.order = declared != nullptr ? static_cast<std::size_t>(declared - best->signals.data())
                                       : asset.signals.size() + 1'000'000;
    if (declared != nullptr && declared->role == SignalRole::work_order) asset.codes = declared->codes;
  }
}

void LiveState::update(std::int32_t signal_id, TimeUs source_time_us, double value, StatusCode status) {
  const auto id = static_cast<std::size_t>(signal_id);
  if (signal_id < 0 || id >= signals_.size() || !signals_[id]) return;
  auto& signal = *signals_[id];
  if (source_time_us < signal.time_us) return;
  signal.time_us = source_time_us;
  signal.value = value;
  signal.status = status;
  if (!signal.changed) {
    signal.changed = true;
    changes_.push_back(signal_id);
  }
  auto& asset = assets_[signal.asset];
  asset.last_seen_us = std::max(asset.last_seen_us, source_time_us);
}

void LiveState::decide(const DecisionRow& decision) {
  const auto found = by_name_.find(std::pair(decision.site, decision.asset));
  if (found == by_name_.end()) return;
  auto& newest = assets_[found->second].decision;
  if (!newest || newest->time_us <= decision.time_us) newest = decision;
}

void LiveState::set_online(std::string_view site, std::string_view asset, bool online) {
  const auto found = by_name_.find(std::pair(std::string(site), std::string(asset)));
  if (found != by_name_.end()) assets_[found->second].online = online;
}

const LiveAsset* LiveState::find(std::string_view asset) const {
  const auto found =
      std::find_if(assets_.begin(), assets_.end(), [&](const LiveAsset& candidate) { return candidate.name == asset; });
  return found == assets_.end() ? nullptr : &*found;
}

const LiveAsset* LiveState::find(std::string_view site, std::string_view asset) const {
  const auto found = by_name_.find(std::pair(std::string(site), std::string(asset)));
  return found == by_name_.end() ? nullptr : &assets_[found->second];
}

const LiveSignal* LiveState::signal(std::int32_t signal_id) const {
  const auto id = static_cast<std::size_t>(signal_id);
  return signal_id >= 0 && id < signals_.size() && signals_[id] ? &*signals_[id] : nullptr;
}

std::vector<const LiveSignal*> LiveState::signals_of(const LiveAsset& asset) const {
  std::vector<const LiveSignal*> signals;
  for (const auto id : asset.signals) signals.push_back(signal(id));
  std::sort(signals.begin(), signals.end(), [](const LiveSignal* left, const LiveSignal* right) {
    return std::tie(left->order, left->row.signal) < std::tie(right->order, right->row.signal);
  });
  return signals;
}

double LiveState::value_of(const LiveAsset& asset, SignalRole role) const {
  for (const auto id : asset.signals) {
    if (const auto* candidate = signal(id); candidate->role == role) return candidate->value;
  }
  return no_value;
}

AssetState LiveState::state_of(const LiveAsset& asset, TimeUs now_us) const {
  // What ended the asset's life counts for more than silence: an engine in the workshop sends nothing.
  if (const auto code = value_of(asset, SignalRole::work_order); !std::isnan(code) && code != 0) {
    const auto kind = asset.codes.find(static_cast<int>(code));
    return kind != asset.codes.end() && kind->second == "failure" ? AssetState::failed : AssetState::overhauled;
  }
  if (!asset.online || asset.last_seen_us == 0) return AssetState::offline;
  const bool old = asset.freshness_us > 0 && now_us - asset.last_seen_us > asset.freshness_us;
  return old ? AssetState::stale : AssetState::running;
}

SignalQuality LiveState::quality_of(const LiveSignal& signal, TimeUs now_us) const {
  // Work orders and findings speak when a life ends: until then their silence is as it should be.
  const bool steady = signal.role != SignalRole::work_order && signal.role != SignalRole::finding;
  const auto freshness_us = assets_[signal.asset].freshness_us;
  const bool silent = signal.time_us == 0 || (freshness_us > 0 && now_us - signal.time_us > freshness_us);
  if (steady && silent) return SignalQuality::stale;
  if (is_bad(signal.status)) return SignalQuality::bad;
  return is_uncertain(signal.status) ? SignalQuality::uncertain : SignalQuality::good;
}

std::vector<const LiveSignal*> LiveState::take_changes(std::size_t limit) {
  const auto count = std::min(limit, changes_.size());
  std::vector<const LiveSignal*> taken;
  taken.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto& changed = *signals_[static_cast<std::size_t>(changes_[i])];
    changed.changed = false;
    taken.push_back(&changed);
  }
  changes_.erase(changes_.begin(), changes_.begin() + static_cast<std::ptrdiff_t>(count));
  std::stable_sort(taken.begin(), taken.end(),
                   [](const auto* left, const auto* right) { return left->asset < right->asset; });
  return taken;
}

}  // namespace millrace
