#include "platform/status.hpp"

#include "platform/api_json.hpp"
#include "platform/build_info.hpp"
#include "platform/config.hpp"
#include "platform/intake.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <fstream>

namespace millrace {
namespace {

using nlohmann::json;

/// Resident memory; 0 where /proc is not there.
double memory_mb() {
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0, resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

json json_node(const std::string& name, const Node& node) {
  json active = json::array();
  for (const auto& model : node.active) {
    active.push_back(
        {{"use_case", model.use_case}, {"model_version", model.model_version}, {"since_us", model.since_us}});
  }
  return {{"node", name},
          {"online", node.online},
          {"last_seen", json_time(node.last_seen_us)},
          {"active", active},
          {"errors", node.errors}};
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
          {"memory_mb", memory_mb()},
          {"first_decision_s", ingest.first_decision_s ? json(*ingest.first_decision_s) : json()}};
}

std::string metrics_text(Services& services) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help, double value) {
    text +=
        fmt::format("# HELP millrace_platform_{0} {2}\n# TYPE millrace_platform_{0} {1}\nmillrace_platform_{0} {3}\n",
                    name, type, help, value);
  };
  const auto stats = services.intake.now_stats();
  add("points_total", "counter", "Points taken from brokers since the start", static_cast<double>(stats.points));
  add("points_stored_total", "counter", "Points committed to the lake since the start",
      static_cast<double>(stats.stored_points));
  add("decisions_stored_total", "counter", "Decisions committed to the lake since the start",
      static_cast<double>(stats.stored_decisions));
  add("commits_total", "counter", "Commits of the lake", static_cast<double>(stats.commits));
  add("failed_commits_total", "counter", "Commits of the lake that failed and were tried again",
      static_cast<double>(stats.failed_commits));
  add("duplicate_batches_total", "counter", "Batches that were held already",
      static_cast<double>(stats.duplicate_batches));
  add("refused_batches_total", "counter", "Batches that found the buffer full and will come again",
      static_cast<double>(stats.refused_batches));
  add("gaps_total", "counter", "Recorded losses of the sites", static_cast<double>(stats.gaps));
  add("corrupt_messages_total", "counter", "Messages that were no Sparkplug payload",
      static_cast<double>(stats.corrupt_messages));
  add("buffered_rows", "gauge", "Rows that wait for a commit", static_cast<double>(stats.buffered_rows));
  add("lag_seconds", "gauge", "Source time to commit of the newest commit", static_cast<double>(stats.lag_us) / 1e6);
  add("assets", "gauge", "Assets seen live", static_cast<double>(services.live.assets().size()));
  add("event_streams", "gauge", "Consoles that listen", static_cast<double>(services.events.size()));
  add("resident_memory_bytes", "gauge", "Resident memory", memory_mb() * 1e6);
  return text;
}

}  // namespace millrace
