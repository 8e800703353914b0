#pragma once

#include "base/result.hpp"

#include <span>
#include <string>
#include <string_view>

namespace millrace {

/// A unit of measure. `code` is the UN/CEFACT Recommendation 20 common code ("CEL"), `symbol` what people write
/// ("degC"). A value in SI (or the dimension's coherent unit) is `value * factor + offset`.
struct Unit {
  std::string_view code;
  std::string_view symbol;
  std::string_view dimension;
  double factor = 1;
  double offset = 0;
};

std::span<const Unit> all_units();

/// By code, symbol or a common spelling ("°C", "celsius"); the symbol and code are case-sensitive, as "mW" and "MW"
/// differ. `not_found` names the nearest unit that exists. The result lives for ever.
Result<const Unit*> find_unit(std::string_view name);

/// `invalid_argument` across dimensions.
Result<double> convert(double value, const Unit& from, const Unit& to);

}  // namespace millrace
