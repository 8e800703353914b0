#pragma once

#include "base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

/// A device that may use the device API: the common name of its certificate, and its site.
struct Device {
  std::string name;
  std::string site;
};

/// What a device said it runs.
struct ActiveModel {
  std::string use_case;
  std::string model_version;
  TimeUs since_us = 0;
};

struct Node {
  bool online = false;
  TimeUs last_seen_us = 0;
  std::vector<ActiveModel> active;
  std::vector<std::string> errors;  ///< newest report only
};

/// Gateways and edges by (site, node): what the broker and their own reports say. In memory: devices tell it again
/// after a restart. Loop thread only.
class Fleet {
 public:
  explicit Fleet(std::vector<Device> devices);
  /// The site of a certificate's name; nothing for devices that nobody listed.
  [[nodiscard]] std::optional<std::string> site_of(std::string_view device) const;
  void online(std::string_view site, std::string_view node, bool is_online, TimeUs now_us);
  void seen(std::string_view site, std::string_view node, TimeUs now_us);
  void report(std::string_view site, std::string_view node, std::vector<ActiveModel> active,
              std::vector<std::string> errors, TimeUs now_us);
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, Node>& nodes() const { return nodes_; }

 private:
  Node& node(std::string_view site, std::string_view name);
  std::vector<Device> devices_;
  std::map<std::pair<std::string, std::string>, Node> nodes_;
};

}  // namespace millrace
