#pragma once

#include "base/result.hpp"
#include "lake/retention.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace millrace::duck {

class Connection;

/// The DELETE for the oldest rows that may go, about `step_rows` of them at most, so that commits do not wait for long;
/// empty when there are none. Samples of `spared_signals` stay. `reader` sees the lake as its default catalogue.
Result<std::string> delete_oldest(const Connection& reader, const Retention& rule,
                                  const std::vector<std::int32_t>& spared_signals, std::int64_t step_rows);

}  // namespace millrace::duck
