#pragma once

#include "base/file.hpp"
#include "fieldbus/opcua/options.hpp"
#include "net/tls/certificate.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

namespace millrace::opcua {

/// A self-signed application certificate in `folder`, written anew each time, that trusts nobody yet. For tests and
/// benchmarks: ends the process where the disk is full.
inline Identity make_identity(const std::filesystem::path& folder, const std::string& name, int valid_days = 30,
                              TimeUs issued_us = SystemClock().now_us()) {
  const Identity identity{"urn:millrace:test:" + name, folder / (name + ".pem"), folder / (name + ".key"),
                          folder / (name + "-trusted"), folder / (name + "-rejected")};
  const auto pair = tls::make_self_signed({.common_name = name,
                                           .uris = {identity.application_uri},
                                           .key = tls::KeyKind::rsa_2048,
                                           .valid_days = valid_days},
                                          issued_us)
                        .value();
  if (!write_file(identity.certificate, pair.certificate_pem) ||
      !write_file(identity.key, pair.key_pem, FileMode::secret)) {
    std::abort();
  }
  std::filesystem::create_directories(identity.trusted);
  return identity;
}

/// From now on they trust each other's certificates.
inline void make_acquainted(const Identity& one, const Identity& other) {
  for (const auto& [who, whom] : {std::pair(one, other), std::pair(other, one)}) {
    std::filesystem::copy(whom.certificate, who.trusted / whom.certificate.filename(),
                          std::filesystem::copy_options::overwrite_existing);
  }
}

}  // namespace millrace::opcua
