#include "fieldbus/opcua/options.hpp"

#include <fmt/format.h>

namespace millrace::opcua {

std::string_view to_string(SecurityPolicy policy) {
  return policy == SecurityPolicy::basic256_sha256 ? "Basic256Sha256" : "Aes256_Sha256_RsaPss";
}

std::string_view policy_uri(SecurityPolicy policy) {
  return policy == SecurityPolicy::basic256_sha256 ? "http://opcfoundation.org/UA/SecurityPolicy#Basic256Sha256"
                                                   : "http://opcfoundation.org/UA/SecurityPolicy#Aes256_Sha256_RsaPss";
}

Result<SecurityPolicy> parse_security_policy(std::string_view text) {
  if (text == "Basic256Sha256") return SecurityPolicy::basic256_sha256;
  if (text == "Aes256_Sha256_RsaPss") return SecurityPolicy::aes256_sha256_rsa_pss;
  return fail(
      ErrorCode::invalid_argument,
      fmt::format("security policy \"{}\": choose Basic256Sha256 or Aes256_Sha256_RsaPss (others are outdated)", text));
}

}  // namespace millrace::opcua
