#pragma once

#include "base/result.hpp"
#include "lake/rows.hpp"

#include <string_view>

namespace millrace {

/// A decision record as it travels in the metric Millrace/Decision. `corrupt` when it is no object or has no
/// decision_id; members that are not known are passed over, members that are missing stay empty.
Result<DecisionRow> parse_decision(std::string_view json, TimeUs received_us);

}  // namespace millrace
