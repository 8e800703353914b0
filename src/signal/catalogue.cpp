#include "signal/catalogue.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<std::pair<SignalRole, std::string_view>, 5> role_names{{{SignalRole::measurement, "measurement"},
                                                                             {SignalRole::clock, "clock"},
                                                                             {SignalRole::context, "context"},
                                                                             {SignalRole::work_order, "work_order"},
                                                                             {SignalRole::finding, "finding"}}};

}  // namespace

std::string_view to_string(SignalRole role) { return role_names[static_cast<std::size_t>(role)].second; }

Result<SignalRole> parse_signal_role(std::string_view text) {
  for (const auto& [role, name] : role_names) {
    if (name == text) return role;
  }
  return fail(ErrorCode::invalid_argument,
              fmt::format("\"{}\" is no role: write measurement, clock, context, work_order or finding", text));
}

Result<SignalIndex> SignalCatalogue::add(Signal signal) {
  auto& names = by_asset_[signal.asset];
  const auto index = static_cast<SignalIndex>(signals_.size());
  if (!names.emplace(signal.name, index).second) {
    return fail(ErrorCode::already_exists, fmt::format("asset {} has two signals \"{}\"", signal.asset, signal.name));
  }
  signals_.push_back(std::move(signal));
  return index;
}

std::optional<SignalIndex> SignalCatalogue::find(std::string_view asset, std::string_view name) const {
  const auto names = by_asset_.find(asset);
  if (names == by_asset_.end()) return std::nullopt;
  const auto index = names->second.find(name);
  if (index == names->second.end()) return std::nullopt;
  return index->second;
}

std::string SignalCatalogue::revision() const {
  Sha256 hash;
  for (const Signal& signal : signals_) {
    hash.update(
        fmt::format("{}\x1f{}\x1f{}\x1f{}\x1e", signal.asset, signal.name, signal.unit, to_string(signal.role)));
  }
  return hash.finish_hex();
}

}  // namespace millrace
