#pragma once

#include "net/tls/certificate.hpp"
#include "net/tls/credentials.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace millrace::tls {

/// A throw-away authority for tests, with a folder of its own that goes with it. Ends the test when the disk is full.
class TestPki {
 public:
  explicit TestPki(const std::string& authority_name = "test authority");
  ~TestPki();
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  /// A certificate of this authority in `folder()`, written anew each time. Negative days: already expired.
  Credentials issue(const std::string& common_name, int valid_days = 365);
  Credentials issue(const CertificateRequest& request);
  /// The same name and files, but of an authority that nobody trusts.
  Credentials issue_by_a_stranger(const std::string& common_name);
  /// Writes a revocation list of these certificates ("<name>.pem" in the folder) as `file`, PEM (RFC 5280, 5).
  void revoke(const std::vector<std::string>& common_names, const std::filesystem::path& file);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const KeyPair& authority() const { return authority_; }

 private:
  Credentials write(const KeyPair& authority, CertificateRequest request);
  std::filesystem::path folder_;
  KeyPair authority_;
};

}  // namespace millrace::tls
