#pragma once

#include "signal/quality.hpp"
#include "usecase/usecase.hpp"

#include <optional>
#include <string>

namespace millrace {

/// What the quality checks look for in a signal: the same limits at the gateway (live data) and at the platform's
/// import.
QualityLimits quality_limits(const UseCase& use_case, const UseCase::SignalDeclaration& signal);

/// The use case's limit for one check as people write it ("<= 5 %", "20 samples", "10 s"); nothing where the file sets
/// none and the check is off. A check that needs no limit is always on: "never".
std::optional<std::string> quality_policy(const UseCase& use_case, QualityCheck check);

}  // namespace millrace
