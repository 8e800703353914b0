#pragma once

#include "lake/query_result.hpp"
#include "lake/rows.hpp"
#include "platform/job_board.hpp"
#include "platform/live_state.hpp"
#include "registry/model_version.hpp"
#include "usecase/usecase.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace millrace {

/// The API's JSON (docs/openapi.yaml, components/schemas): one function per schema. Numbers that are not known are
/// null.
nlohmann::json json_number(double value);
nlohmann::json json_time(TimeUs time_us);  ///< null for 0
nlohmann::json json_cell(const QueryCell& cell);
std::string_view role_name(SignalRole role);    ///< "feature" for plain measurements
std::string dump(const nlohmann::json& value);  ///< one line; invalid UTF-8 is replaced, never an exception

nlohmann::json json_model(const ModelVersion& model);
nlohmann::json json_dataset(const DatasetManifest& dataset);
nlohmann::json json_file(const ModelFile& file);
nlohmann::json json_job(const Job& job);
nlohmann::json json_asset(const LiveState& live, const LiveAsset& asset, TimeUs now_us);
nlohmann::json json_signal(const LiveState& live, const LiveSignal& signal, TimeUs now_us);
nlohmann::json json_live_event(const LiveState& live, const std::vector<const LiveSignal*>& changes);

/// Without verdict (null). From the lake's row as `queries::decisions` selects it, or from one that just came in.
nlohmann::json json_decision(const QueryResult& result, std::size_t row);
nlohmann::json json_decision(const DecisionRow& decision);

}  // namespace millrace
