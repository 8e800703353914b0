#pragma once

#include "base/time.hpp"
#include "edge/pipeline.hpp"
#include "sparkplug/asset_properties.hpp"
#include "sparkplug/host.hpp"
#include "sparkplug/payload.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Leads Sparkplug data to the pipelines of the use cases that want it. A device belongs to a use case when the use
/// case selects its site, type and tags, and it has at least half of the measured signals. Sans-I/O.
class Router {
 public:
  explicit Router(const Clock& clock) : clock_(clock) {}

  /// Called when a device is bound to its first use case: it needs a birth as a device of the edge's own node.
  std::function<void(const std::string& asset)> on_asset = {};

  /// A new version takes over from the old one of that name: windows with the same columns are kept.
  void set_pipeline(std::unique_ptr<Pipeline> pipeline);
  void remove_pipeline(std::string_view use_case);
  [[nodiscard]] Pipeline* find(std::string_view use_case);
  [[nodiscard]] const std::vector<std::unique_ptr<Pipeline>>& pipelines() const { return pipelines_; }

  /// From the Sparkplug host. A birth tells the current values: a row like others, unless older ones are still to come.
  void on_birth(sparkplug::DeviceState& device, const sparkplug::Payload& birth, bool with_values = true);
  void on_data(const sparkplug::DeviceState& device, std::string_view payload);
  void poll();

  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] std::uint64_t broken_messages() const { return broken_messages_; }

 private:
  static constexpr std::uint32_t unused = UINT32_MAX;
  struct Route {
    Pipeline* pipeline = nullptr;
    std::size_t asset = 0;
    std::vector<std::uint32_t> column_of_tag;
  };
  /// What a device sends, by the tags of its metrics; kept so that routes can be made anew when use cases change.
  struct Device {
    std::string site, name;
    sparkplug::AssetProperties properties;
    std::vector<std::string> signals;
    std::vector<Route> routes;
  };
  void bind(Device& device);
  void bind_all();

  const Clock& clock_;
  std::vector<std::unique_ptr<Pipeline>> pipelines_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::map<std::string, std::size_t, std::less<>> index_of_;  ///< "site/node/device"
  std::uint64_t messages_ = 0, samples_ = 0, broken_messages_ = 0;
};

}  // namespace millrace
