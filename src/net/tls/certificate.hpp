#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/tls/credentials.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::tls {

enum class KeyKind {
  ec_p256,   ///< NIST P-256: MQTT and HTTPS
  rsa_2048,  ///< OPC UA application certificates (the RSA policies of OPC 10000-7)
};

/// What a leaf certificate says. It may act as client and as server.
struct CertificateRequest {
  std::string common_name;                ///< the node's name, e.g. "edge-1"
  std::string organisation = "millrace";  ///< the node's site
  std::vector<std::string> dns_names = {"localhost"};
  std::vector<std::string> ip_addresses = {"127.0.0.1"};
  std::vector<std::string> uris = {};  ///< OPC UA: the application URI
  KeyKind key = KeyKind::ec_p256;
  int valid_days = 365;
};

/// PEM texts; keep the key secret (0600).
struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

/// A self-signed authority (EC P-256) that may sign leaf certificates. Valid from one hour before `now_us`.
Result<KeyPair> make_authority(const std::string& common_name, const std::string& organisation, TimeUs now_us,
                               int valid_days = 3650);

/// A leaf certificate signed by `authority`. `invalid_argument` for names that cannot stand in a certificate.
Result<KeyPair> issue_certificate(const KeyPair& authority, const CertificateRequest& request, TimeUs now_us);

/// A leaf that signs itself: what OPC UA peers exchange when there is no authority (OPC 10000-6, 6.2.2).
Result<KeyPair> make_self_signed(const CertificateRequest& request, TimeUs now_us);

struct CertificateInfo {
  std::string common_name;
  std::string organisation;
  std::string issuer_name;  ///< common name of the issuer
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  std::vector<std::string> uris;
  TimeUs not_before_us = 0;
  TimeUs not_after_us = 0;
  bool authority = false;
  std::string sha1;    ///< thumbprint, 40 hexadecimal digits (OPC UA names trusted files so)
  std::string sha256;  ///< thumbprint, 64 hexadecimal digits
};

/// Reads the first certificate of a PEM text, or DER bytes. `corrupt` when it is neither.
Result<CertificateInfo> read_certificate(std::string_view pem_or_der);

/// `failed_precondition` when the certificate in the file is expired or not yet valid; names file, holder and date.
Result<void> check_validity(const std::filesystem::path& certificate, TimeUs now_us);

Result<std::string> certificate_to_der(std::string_view pem);
Result<std::string> key_to_der(std::string_view pem);

/// Writes `certificate` (0644), `key` (0600), and `authority_pem` (0644) unless it is empty.
Result<void> write_credentials(const Credentials& paths, const KeyPair& pair, std::string_view authority_pem = {});

}  // namespace millrace::tls
