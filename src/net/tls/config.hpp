#pragma once

#include "net/tls/credentials.hpp"
#include "runtime/config.hpp"

#include <optional>

namespace millrace::tls {

/// `credentials: {certificate_authority: FILE, certificate: FILE, key: FILE}` of a process's configuration, if it is
/// there.
std::optional<Credentials> read_credentials(ConfigSection& root);

}  // namespace millrace::tls
