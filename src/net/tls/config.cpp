#include "net/tls/config.hpp"

namespace millrace::tls {

std::optional<Credentials> read_credentials(ConfigSection& root) {
  if (!root.has("credentials")) return std::nullopt;
  ConfigSection section = root.section("credentials");
  return Credentials{.certificate_authority = section.path("certificate_authority"),
                     .certificate = section.path("certificate"),
                     .key = section.path("key")};
}

}  // namespace millrace::tls
