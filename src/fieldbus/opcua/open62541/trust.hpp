#pragma once

#include "base/result.hpp"
#include "base/time.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace millrace::opcua {

/// A certificate or private key as DER, whether the file holds PEM or DER. `not_found` and `corrupt` name the file.
Result<std::string> load_certificate_der(const std::filesystem::path& path);
Result<std::string> load_key_der(const std::filesystem::path& path);

/// Our own certificate must be in date and carry the application's URI, else every peer refuses it with a riddle.
Result<void> check_own_certificate(std::string_view der, std::string_view application_uri,
                                   const std::filesystem::path& path, TimeUs now_us);

/// `corrupt` when the key does not belong to the certificate: a renewal that is half written.
Result<void> check_own_key(std::string_view certificate_der, std::string_view key_der,
                           const std::filesystem::path& path);

/// Decides whom we trust: certificates in a folder, themselves or as authorities. The folder is read at every decision,
/// so that moving a file is enough. There is no "accept all".
class TrustStore {
 public:
  TrustStore(std::filesystem::path trusted, std::filesystem::path rejected);
  /// `der`: the peer's certificate, with its chain behind it. `permission_denied` says how to trust an unknown one,
  /// which is put into the folder of rejected certificates; `failed_precondition` that one is out of date,
  /// `unauthenticated` that one was revoked.
  Result<void> verify(std::string_view der, TimeUs now_us) const;

 private:
  std::filesystem::path trusted_, rejected_;
};

}  // namespace millrace::opcua
