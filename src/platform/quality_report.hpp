#pragma once

#include "base/result.hpp"
#include "lake/query_result.hpp"
#include "usecase/usecase.hpp"

#include <nlohmann/json.hpp>

namespace millrace {

/// What the checks found in a use case's data, against the limits that its file sets: in all, by asset and by day
/// (docs/openapi.yaml, QualityReport). `found` has the columns of queries::quality_counts.
nlohmann::json quality_report(const UseCase& use_case, const QueryResult& found);

}  // namespace millrace
