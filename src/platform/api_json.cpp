#include "platform/api_json.hpp"

#include <charconv>
#include <cmath>

namespace millrace {
namespace {

using nlohmann::json;

/// The lake keeps the version as text, since other systems number theirs otherwise; the API's is a number from 1.
std::int64_t version_number(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::max<std::int64_t>(number, 1);
}

struct CellToJson {
  json operator()(std::monostate) const { return nullptr; }
  json operator()(bool value) const { return value; }
  json operator()(std::int64_t value) const { return value; }
  json operator()(double value) const { return json_number(value); }
  json operator()(const std::string& value) const { return value; }
  json operator()(const std::vector<double>& values) const {
    auto list = json::array();
    for (const auto value : values) list.push_back(json_number(value));
    return list;
  }
};

json json_text(const std::string& text) { return text.empty() ? json() : json(text); }

}  // namespace

json json_number(double value) { return std::isfinite(value) ? json(value) : json(); }
json json_time(TimeUs time_us) { return time_us == 0 ? json() : json(format_time(time_us)); }
json json_cell(const QueryCell& cell) { return std::visit(CellToJson(), cell); }
std::string_view role_name(SignalRole role) { return role == SignalRole::measurement ? "feature" : to_string(role); }
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json json_dataset(const DatasetManifest& dataset) {
  return {
      {"snapshot", dataset.snapshot}, {"rows", dataset.rows}, {"assets", dataset.assets}, {"sha256", dataset.sha256}};
}

json json_file(const ModelFile& file) { return {{"name", file.name}, {"sha256", file.sha256}, {"size", file.size}}; }

json json_model(const ModelVersion& model) {
  json metrics = json::object();
  for (const auto& metric : model.metrics) metrics[metric.name] = json_number(metric.value);
  json gates = json::array();
  for (const auto& gate : model.gates) {
    gates.push_back({{"name", gate.name},
                     {"comparison", gate.comparison},
                     {"limit", gate.limit},
                     {"value", gate.value ? json_number(*gate.value) : json()},
                     {"passed", gate.passed}});
  }
  json files = json::array();
  for (const auto& file : model.files) files.push_back(json_file(file));
  return {{"use_case", model.use_case},
          {"version", model.number},
          {"created", format_time(model.created_us)},
          {"state", to_string(model.state)},
          {"metrics", metrics},
          {"gates", gates},
          {"dataset", json_dataset(model.dataset)},
          {"files", files},
          {"code_commit", model.code_commit},
          {"approved_by", json_text(model.approval.by)},
          {"approved_for", json_text(model.approval.on_behalf_of)},
          {"approval_comment", json_text(model.approval.comment)},
          {"approved", json_time(model.approval.time_us)}};
}

json json_job(const Job& job) {
  return {{"id", job.id},
          {"state", to_string(job.state)},
          {"progress", job.progress},
          {"message", job.message},
          {"result", job.result}};
}

json json_asset(const LiveState& live, const LiveAsset& asset, TimeUs now_us) {
  std::size_t bad = 0;
  for (const auto* signal : live.signals_of(asset)) {
    const auto quality = live.quality_of(*signal, now_us);
    if (quality == SignalQuality::bad || quality == SignalQuality::uncertain || quality == SignalQuality::stale) ++bad;
  }
  return {{"asset", asset.name},
          {"site", asset.site},
          {"type", asset.properties.type},
          {"tags", asset.properties.tags},
          {"use_cases", asset.use_cases},
          {"state", to_string(live.state_of(asset, now_us))},
          {"clock", json_number(live.value_of(asset, SignalRole::clock))},
          {"last_seen", json_time(asset.last_seen_us)},
          {"prediction", asset.decision ? json_number(asset.decision->prediction) : json()},
          {"unit", asset.unit},
          {"advice", asset.decision && !asset.decision->advice.empty() ? json(asset.decision->advice) : json()},
          {"bad_signals", bad},
          {"signals", asset.signals.size()}};
}

json json_signal(const LiveState& live, const LiveSignal& signal, TimeUs now_us) {
  const bool known = signal.time_us != 0;
  return {{"signal", signal.row.signal},        {"unit", signal.row.unit},
          {"quantity", signal.row.quantity},    {"role", role_name(signal.role)},
          {"low", json_number(signal.low)},     {"high", json_number(signal.high)},
          {"value", json_number(signal.value)}, {"status", known ? json(signal.status) : json()},
          {"time", json_time(signal.time_us)},  {"quality", to_string(live.quality_of(signal, now_us))}};
}

json json_live_event(const LiveState& live, const std::vector<const LiveSignal*>& changes) {
  json assets = json::array();
  std::size_t asset = 0;
  for (const auto* signal : changes) {
    if (assets.empty() || signal->asset != asset) {
      asset = signal->asset;
      const auto& changed = live.assets()[asset];
      assets.push_back({{"asset", changed.name},
                        {"time", json_time(changed.last_seen_us)},
                        {"clock", json_number(live.value_of(changed, SignalRole::clock))},
                        {"values", json::object()}});
    }
    assets.back()["values"][signal->row.signal] = json::array({json_number(signal->value), signal->status});
  }
  return {{"assets", assets}};
}

json json_decision(const QueryResult& result, std::size_t row) {
  json decision = json::object();
  for (std::size_t column = 0; column < result.columns.size(); ++column) {
    const auto& name = result.columns[column];
    if (name != "features" && name != "received") decision[name] = json_cell(result.rows[row][column]);
  }
  decision["use_case_version"] =
      version_number(decision["use_case_version"].is_string() ? decision["use_case_version"].get<std::string>() : "");
  for (const auto* text : {"device", "use_case", "model_version", "feature_hash", "unit", "advice", "reason"}) {
    if (!decision[text].is_string()) decision[text] = "";
  }
  if (!decision["inputs_good"].is_number()) decision["inputs_good"] = 0;
  if (!decision["hold"].is_number()) decision["hold"] = 0;
  decision["verdict"] = nullptr;
  return decision;
}

json json_decision(const DecisionRow& decision) {
  return {{"decision_id", decision.decision_id},
          {"time", format_time(decision.time_us)},
          {"asset", decision.asset},
          {"site", decision.site},
          {"device", decision.device},
          {"use_case", decision.use_case},
          {"use_case_version", version_number(decision.use_case_version)},
          {"model_version", decision.model_version},
          {"feature_hash", decision.feature_hash},
          {"clock", json_number(decision.clock)},
          {"prediction", json_number(decision.prediction)},
          {"unit", decision.unit},
          {"advice", decision.advice},
          {"reason", decision.reason},
          {"inputs_good", std::isfinite(decision.inputs_good) ? decision.inputs_good : 0.0},
          {"hold", decision.hold},
          {"latency_us", json_number(decision.latency_us)},
          {"source_time", format_time(decision.source_time_us)},
          {"verdict", nullptr}};
}

}  // namespace millrace
