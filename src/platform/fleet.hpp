#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace {

class Database;

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

/// Newest report only.
struct DeviceReport {
  std::vector<ActiveModel> active;
  std::vector<std::string> errors;
};

struct Node {
  bool online = false;  ///< as heard since this process started: nobody is online before it said so
  TimeUs last_seen_us = 0;
  DeviceReport report;
  bool unsaved = false;
};

/// Gateways and edges by (site, node): what the broker and their own reports say. Reports are stored when they come,
/// the time of the last sign of life with the next `save`. Loop thread only.
class Fleet {
 public:
  static Result<Fleet> open(Database& database, std::vector<Device> devices);
  /// The site of a certificate's name; nothing for devices that nobody listed.
  [[nodiscard]] std::optional<std::string> site_of(std::string_view device) const;
  void online(std::string_view site, std::string_view node, bool is_online, TimeUs now_us);
  void seen(std::string_view site, std::string_view node, TimeUs now_us);
  Result<void> report(std::string_view site, std::string_view node, DeviceReport report, TimeUs now_us);
  /// Stores what `online` and `seen` left in memory, in one transaction.
  Result<void> save();
  [[nodiscard]] const std::map<std::pair<std::string, std::string>, Node>& nodes() const { return nodes_; }

 private:
  using Key = std::pair<std::string, std::string>;
  Fleet(Database& database, std::vector<Device> devices) : database_(&database), devices_(std::move(devices)) {}
  Node& node(std::string_view site, std::string_view name);
  Result<void> store(const Key& key, const Node& node);
  Database* database_;
  std::vector<Device> devices_;
  std::map<Key, Node> nodes_;
};

}  // namespace millrace
