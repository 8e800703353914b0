#pragma once

#include "sparkplug/payload.hpp"

#include <string>
#include <vector>

namespace millrace::sparkplug {

/// What kind of thing a device is: its birth tells it in the String metrics Properties/Type and Properties/Tags (the
/// tags with commas between them). Any node may tell them of its devices.
struct AssetProperties {
  std::string type;
  std::vector<std::string> tags;
  bool operator==(const AssetProperties&) const = default;
};

void tell(const AssetProperties& properties, Payload& birth);
/// Empty where the birth does not tell.
AssetProperties asset_properties(const Payload& birth);

}  // namespace millrace::sparkplug
