#pragma once

#include "base/time.hpp"
#include "up/layout.hpp"

#include <string>
#include <vector>

namespace millrace {

/// Makes a throw-away certificate authority and one certificate for each name below D/pki (`ca.pem`, `<name>.pem`,
/// `<name>.key`), what is missing only. Keys are 0600. Not for production: there the CA lives elsewhere.
Result<void> make_identities(const Layout& layout, const std::vector<std::string>& names, TimeUs now_us);

/// An OPC UA application's own certificate below D/pki/opcua/<name>: `own.der`, `own.key.der` (RSA, URI SAN),
/// `trusted/`, `rejected/`. `trusts` are other applications of this machine whose certificates go into `trusted/`.
Result<void> make_opcua_identity(const Layout& layout, const std::string& name, const std::string& application_uri,
                                 const std::vector<std::string>& trusts, TimeUs now_us);

/// A random password or token in D/secrets/<name>, 0600, made once.
Result<std::string> make_secret(const Layout& layout, const std::string& name);

}  // namespace millrace
