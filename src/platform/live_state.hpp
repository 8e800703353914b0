#pragma once

#include "base/time.hpp"
#include "lake/rows.hpp"
#include "sparkplug/asset_properties.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// The newest value of a signal, and what its use case says about it.
struct LiveSignal {
  SignalRow row;
  SignalRole role = SignalRole::measurement;
  double low, high;  ///< NaN: no bound known
  double value;      ///< NaN: none
  StatusCode status = 0;
  TimeUs time_us = 0;     ///< source time; 0: nothing has come yet
  std::size_t order = 0;  ///< place in the use case file
  bool changed = false;   ///< since the last `take_changes`
  std::size_t asset = 0;  ///< index into assets
};

enum class AssetState { running, overhauled, failed, stale, offline };
std::string_view to_string(AssetState state);

enum class SignalQuality { good, uncertain, bad, stale };
std::string_view to_string(SignalQuality quality);

struct LiveAsset {
  std::string site, name;
  sparkplug::AssetProperties properties;
  std::vector<std::string> use_cases;  ///< those that select it; the first knows most of its signals
  std::string unit;                    ///< of clock and prediction
  std::vector<std::int32_t> signals;
  TimeUs last_seen_us = 0;           ///< newest source time
  std::int64_t freshness_us = 0;     ///< older is stale; 0: never
  std::map<int, std::string> codes;  ///< of the work order signal
  std::optional<DecisionRow> decision;
  bool online = true;  ///< its node's certificate of death has not come
};

/// What the plant is doing right now, in memory: newest values, newest decisions, who is there. Bounded by the number
/// of signals; what lies beyond is stored in the lake, but not shown live. Loop thread only.
class LiveState {
 public:
  explicit LiveState(std::size_t signal_limit = 200'000) : signal_limit_(signal_limit) {}

  /// What the signals of each asset mean: as the use case says that selects it, of several the one that knows most.
  void set_use_cases(std::vector<UseCase> use_cases);
  /// An asset was born: it is there, also without signals.
  void describe(const std::string& site, const std::string& asset, sparkplug::AssetProperties properties);
  void declare(const SignalRow& row);
  /// Older values than the one held are ignored: backlogs do not turn the clock back.
  void update(std::int32_t signal_id, TimeUs source_time_us, double value, StatusCode status);
  void decide(const DecisionRow& decision);
  void set_online(std::string_view site, std::string_view asset, bool online);

  [[nodiscard]] const std::vector<LiveAsset>& assets() const { return assets_; }
  [[nodiscard]] const LiveAsset* find(std::string_view asset) const;
  [[nodiscard]] const LiveAsset* find(std::string_view site, std::string_view asset) const;
  [[nodiscard]] const LiveSignal* signal(std::int32_t signal_id) const;
  /// The asset's signals in the order of the use case file, then by name.
  [[nodiscard]] std::vector<const LiveSignal*> signals_of(const LiveAsset& asset) const;
  [[nodiscard]] AssetState state_of(const LiveAsset& asset, TimeUs now_us) const;
  [[nodiscard]] SignalQuality quality_of(const LiveSignal& signal, TimeUs now_us) const;
  /// Value of the asset's signal with a role; NaN when there is none.
  [[nodiscard]] double value_of(const LiveAsset& asset, SignalRole role) const;
  /// Signals that got a value since the last call, at most `limit`, by asset; the rest comes with the next call.
  std::vector<const LiveSignal*> take_changes(std::size_t limit);
  [[nodiscard]] std::uint64_t ignored_signals() const { return ignored_signals_; }

 private:
  std::size_t asset_index(const std::string& site, const std::string& name);
  void apply_use_case(std::size_t asset);

  std::size_t signal_limit_;
  std::uint64_t ignored_signals_ = 0;
  std::vector<UseCase> use_cases_;
  std::vector<LiveAsset> assets_;
  std::map<std::pair<std::string, std::string>, std::size_t, std::less<>> by_name_;  ///< (site, asset)
  std::vector<std::optional<LiveSignal>> signals_;                                   ///< by signal id
  std::vector<std::int32_t> changes_;
};

}  // namespace millrace
