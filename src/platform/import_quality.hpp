#pragma once

#include "lake/rows.hpp"
#include "platform/csv_import.hpp"
#include "usecase/usecase.hpp"

#include <string>
#include <vector>

namespace millrace {

/// Runs the checks that the gateway runs on live data over an import, in the order of its rows: each point gets the
/// status that it deserves, and what was found is counted. Age and clocks of the past are not judged.
std::vector<QualityRow> judge_import(CsvSamples& samples, const UseCase& use_case, const std::string& site);

}  // namespace millrace
