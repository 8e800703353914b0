#include "platform/status.hpp"

#include "platform/api_json.hpp"
#include "platform/build_info.hpp"
#include "platform/config.hpp"
#include "platform/intake.hpp"
#include "runtime/process.hpp"

namespace millrace {
namespace {

using nlohmann::json;

json json_node(const std::string& name, const Node& node) {
  json active = json::array();
  for (const auto& model : node.report.active) {
    active.push_back(
        {{"use_case", model.use_case}, {"model_version", model.model_version}, {"since_us", model.since_us}});
  }
  return {{"node", name},
          {"online", node.online},
          {"last_seen", json_time(node.last_seen_us)},
          {"active", active},
          {"errors", node.report.errors}};
}

json json_sites(const Fleet& fleet) {
  json sites = json::array();
  for (const auto& [key, node] : fleet.nodes()) {
    if (sites.empty() || sites.back()["site"] != key.first)
      sites.push_back({{"site", key.first}, {"nodes", json::array()}});
    sites.back()["nodes"].push_back(json_node(key.second, node));
  }
  return sites;
}

json json_problems(const ProblemBoard& board) {
  json problems = json::array();
  for (const auto& [what, problem] : board.open()) {
    problems.push_back({{"what", what}, {"why", problem.why}, {"since", format_time(problem.since_us)}});
  }
  return problems;
}

}  // namespace

json json_status(Services& services) {
  const auto ingest = services.intake.statistics();
  return {{"version", build_version()},
          {"data_source", services.config.data_source},
          {"started", format_time(services.started_us)},
          {"uptime_s", static_cast<double>(services.now_us() - services.started_us) / 1e6},
          {"sites", json_sites(services.fleet)},
          {"ingest",
           {{"points_total", ingest.points_total},
            {"points_per_s", ingest.points_per_s},
            {"lag_ms", ingest.lag_ms ? json(*ingest.lag_ms) : json()},
            {"duplicate_batches", ingest.duplicate_batches},
            {"gaps", ingest.gaps},
            {"last_received", json_time(ingest.last_received_us)}}},
          {"problems", json_problems(services.problems)},
          {"memory_mb", static_cast<double>(resident_memory_bytes()) / 1e6},
          {"first_decision_s", ingest.first_decision_s ? json(*ingest.first_decision_s) : json()}};
}

}  // namespace millrace
