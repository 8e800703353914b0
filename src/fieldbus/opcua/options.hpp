#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace millrace::opcua {

/// The security policies that Millrace speaks (OPC 10000-7); always with mode SignAndEncrypt.
enum class SecurityPolicy { basic256_sha256, aes256_sha256_rsa_pss };

std::string_view to_string(SecurityPolicy policy);   ///< "Basic256Sha256"
std::string_view policy_uri(SecurityPolicy policy);  ///< "http://opcfoundation.org/UA/SecurityPolicy#..."
Result<SecurityPolicy> parse_security_policy(std::string_view text);  ///< `invalid_argument` lists the choices

/// The application instance certificate (RSA) and whom it trusts. Files are PEM or DER.
struct Identity {
  std::string application_uri;  ///< must stand in the certificate as a URI SubjectAltName
  std::filesystem::path certificate;
  std::filesystem::path key;
  std::filesystem::path trusted;   ///< folder of peers' certificates and of authorities; *.crl there are honoured
  std::filesystem::path rejected;  ///< folder where unknown peers' certificates are put, for a person to judge
};

}  // namespace millrace::opcua
