#include "platform/fleet.hpp"

#include <algorithm>

namespace millrace {

Fleet::Fleet(std::vector<Device> devices) : devices_(std::move(devices)) {
  for (const auto& device : devices_) node(device.site, device.name);
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
  auto& found = node(site, name);
  found.online = is_online;
  if (is_online) found.last_seen_us = std::max(found.last_seen_us, now_us);
}

void Fleet::seen(std::string_view site, std::string_view name, TimeUs now_us) {
  auto& found = node(site, name);
  found.last_seen_us = std::max(found.last_seen_us, now_us);
}

void Fleet::report(std::string_view site, std::string_view name, std::vector<ActiveModel> active,
                   std::vector<std::string> errors, TimeUs now_us) {
  auto& found = node(site, name);
  found.online = true;
  found.last_seen_us = std::max(found.last_seen_us, now_us);
  found.active = std::move(active);
  found.errors = std::move(errors);
}

}  // namespace millrace
