#pragma once

#include "base/result.hpp"
#include "signal/sample.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What a signal is to a use case, beside a plain measurement.
enum class SignalRole {
  measurement,  ///< becomes features
  clock,        ///< the age of the asset's life (cycles, hours)
  context,      ///< an operating setting: tells regimes apart
  work_order,   ///< integer codes; a change to non-zero is an event that ends a life
  finding,      ///< what was found at an overhaul, e.g. the remaining life
};
std::string_view to_string(SignalRole role);
Result<SignalRole> parse_signal_role(std::string_view text);

/// One signal of one asset, as the catalogue of a process knows it.
struct Signal {
  std::string asset;
  std::string name;
  std::string quantity;
  std::string unit;  ///< symbol or code of signal/units.hpp; empty when dimensionless
  SignalRole role = SignalRole::measurement;
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  std::int64_t expected_period_us = 0;  ///< 0: not known, then lateness is not judged
  std::string address;                  ///< where the adapter reads it ("nsu=...;s=engine-061.T24")
};

/// All signals of this process with dense indices. Grows only; an index stays valid for the life of the catalogue.
class SignalCatalogue {
 public:
  /// `already_exists` when the asset has a signal of that name.
  Result<SignalIndex> add(Signal signal);
  [[nodiscard]] std::optional<SignalIndex> find(std::string_view asset, std::string_view name) const;
  [[nodiscard]] const Signal& at(SignalIndex index) const { return signals_[index]; }
  [[nodiscard]] std::size_t size() const { return signals_.size(); }
  [[nodiscard]] const std::vector<Signal>& signals() const { return signals_; }
  /// SHA-256 over names, units and order: changes exactly when aliases or meaning change.
  [[nodiscard]] std::string revision() const;

 private:
  std::vector<Signal> signals_;
  std::map<std::string, std::map<std::string, SignalIndex, std::less<>>, std::less<>> by_asset_;
};

}  // namespace millrace
