#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace millrace {

/// The ports of one machine; 0 is replaced by a free one.
struct Ports {
  std::uint16_t console = 8080;
  std::uint16_t device = 8443;
  std::uint16_t platform_mqtt = 8883;
  std::uint16_t site_mqtt = 8884;
};

/// Where a site and a platform on one machine keep their things. All below one folder.
struct Layout {
  std::filesystem::path root;
  std::string site = "site-1";
  std::string gateway = "gateway";
  std::string edge = "edge-1";
  std::string assets = "engine-061..engine-100";
  std::string asset_type = "Turbofan";
  std::string asset_tag = "engine";
  /// What the gateway may write, as its configuration lists it: the virtual plant's display tag and its set-point.
  std::string writable =
      "[{node: \"nsu=urn:millrace:plant;s={asset}.Advice\"}, "
      "{node: \"nsu=urn:millrace:plant;s={asset}.Derate\", low: 0, high: 1}]";
  std::string opcua_url = "opc.tcp://localhost:4840";
  std::string data_source = "live";
  std::string spool_limit = "256 MiB";
  std::filesystem::path console_files;  ///< built console; empty: API only
  std::filesystem::path programs;       ///< folder of the millrace-* programs
  Ports ports;

  [[nodiscard]] std::filesystem::path pki() const { return root / "pki"; }
  [[nodiscard]] std::filesystem::path secrets() const { return root / "secrets"; }
  [[nodiscard]] std::filesystem::path run() const { return root / "run"; }
  [[nodiscard]] std::filesystem::path logs() const { return root / "log"; }
};

}  // namespace millrace
