#pragma once

#include "up/layout.hpp"

#include <string>

namespace millrace {

/// Mosquitto's configuration: mTLS only, the certificate's common name is the user, access by list, loopback.
std::string broker_configuration(const Layout& layout, const std::string& name, std::uint16_t port);

/// Who may say and hear what on the site's broker: a node writes its own Sparkplug topics only.
std::string site_access_list(const Layout& layout);

/// The same on the platform's broker.
std::string platform_access_list(const Layout& layout);

}  // namespace millrace
