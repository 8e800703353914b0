#include "platform/fleet.hpp"

#include "metadata/database.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace millrace {
namespace {

using nlohmann::json;

std::string to_json(const DeviceReport& report) {
  json active = json::array();
  for (const auto& model : report.active)
    active.push_back(
        {{"use_case", model.use_case}, {"model_version", model.model_version}, {"since_us", model.since_us}});
  return json{{"active", active}, {"errors", report.errors}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<DeviceReport> parse_report(const std::string& text) {
  try {
    const auto stored = json::parse(text);
    DeviceReport report{{}, stored.at("errors")};
    for (const auto& model : stored.at("active"))
      report.active.push_back({model.at("use_case"), model.at("model_version"), model.at("since_us")});
    return report;
  } catch (const json::exception& error) {
    return fail(ErrorCode::corrupt, std::string("a stored device report cannot be read: ") + error.what());
  }
}

}  // namespace

Result<Fleet> Fleet::open(Database& database, std::vector<Device> devices) {
  Fleet fleet(database, std::move(devices));
  for (const auto& device : fleet.devices_) fleet.node(device.site, device.name);
  TRY_ASSIGN(const auto rows, database.query("SELECT site, node, last_seen_us, report_json FROM nodes"));
  for (const auto& row : rows) {
    auto& node = fleet.node(row.text(0), row.text(1));
    node.last_seen_us = row.integer(2);
    TRY_ASSIGN(node.report, parse_report(row.text(3)));
  }
  return fleet;
}

Node& Fleet::node(std::string_view site, std::string_view name) {
  return nodes_[{std::string(site), std::string(name)}];
}

std::optional<std::string> Fleet::site_of(std::string_view device) const {
  const auto found =
      std::find_if(devices_.begin(), devices_.end(), [&](const Device& known) { return known.name == device; });
  return found == devices_.end() ? std::nullopt : std::optional(found->site);
}

void Fleet::online(std::string_view site, std::string_view name, bool is_online, TimeUs now_us) {
  node(site, name).online = is_online;
  if (is_online) seen(site, name, now_us);
}

void Fleet::seen(std::string_view site, std::string_view name, TimeUs now_us) {
  auto& found = node(site, name);
  found.last_seen_us = std::max(found.last_seen_us, now_us);
  found.unsaved = true;
}

Result<void> Fleet::report(std::string_view site, std::string_view name, DeviceReport report, TimeUs now_us) {
  online(site, name, true, now_us);
  auto& found = node(site, name);
  found.report = std::move(report);
  TRY(store({std::string(site), std::string(name)}, found));
  found.unsaved = false;
  return {};
}

Result<void> Fleet::save() {
  const auto store_all = [&]() -> Result<void> {
    for (const auto& [key, node] : nodes_) {
      if (node.unsaved) TRY(store(key, node));
    }
    return {};
  };
  TRY(database_->transaction(store_all));
  for (auto& [key, node] : nodes_) node.unsaved = false;
  return {};
}

Result<void> Fleet::store(const Key& key, const Node& node) {
  TRY(
      database_->execute("INSERT INTO nodes (site, node, last_seen_us, report_json) VALUES (?, ?, ?, ?) "
                         "ON CONFLICT (site, node) DO UPDATE SET last_seen_us = excluded.last_seen_us, "
                         "report_json = excluded.report_json",
                         {key.first, key.second, node.last_seen_us, to_json(node.report)}));
  return {};
}

}  // namespace millrace
