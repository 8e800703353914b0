#include "up/identity.hpp"

#include "base/file.hpp"
#include "base/id.hpp"
#include "net/tls/certificate.hpp"

namespace millrace {

namespace fs = std::filesystem;

namespace {

Result<tls::KeyPair> authority_of(const Layout& layout, TimeUs now_us) {
  auto certificate = layout.pki() / "ca.pem", key = layout.secrets() / "ca.key";
  if (fs::exists(certificate) && fs::exists(key)) {
    TRY_ASSIGN(auto certificate_pem, read_file(certificate));
    TRY_ASSIGN(auto key_pem, read_file(key));
    return tls::KeyPair{certificate_pem, key_pem};
  }
  TRY_ASSIGN(auto made, tls::make_authority("Millrace throw-away CA", layout.site, now_us));
  TRY(write_file(key, made.key_pem, FileMode::secret));
  TRY(write_file(certificate, made.certificate_pem));
  return made;
}

}  // namespace

Result<void> make_identities(const Layout& layout, const std::vector<std::string>& names, TimeUs now_us) {
  TRY_ASSIGN(auto authority, authority_of(layout, now_us));
  for (auto& name : names) {
    Credentials paths{layout.pki() / "ca.pem", layout.pki() / (name + ".pem"), layout.pki() / (name + ".key")};
    if (fs::exists(paths.certificate) && fs::exists(paths.key)) continue;
    tls::CertificateRequest request{.common_name = name, .organisation = layout.site};
    TRY_ASSIGN(auto pair, tls::issue_certificate(authority, request, now_us));
    TRY(tls::write_credentials(paths, pair));
  }
  return {};
}

Result<void> make_opcua_identity(const Layout& layout, const std::string& name, const std::string& application_uri,
                                 const std::vector<std::string>& trusts, TimeUs now_us) {
  auto folder = layout.pki() / "opcua" / name;
  std::error_code ignored;
  fs::create_directories(folder / "trusted", ignored);
  fs::create_directories(folder / "rejected", ignored);
  if (!fs::exists(folder / "own.der")) {
    tls::CertificateRequest request{
        .common_name = name, .organisation = layout.site, .uris = {application_uri}, .key = tls::KeyKind::rsa_2048};
    TRY_ASSIGN(auto pair, tls::make_self_signed(request, now_us));
    TRY_ASSIGN(auto certificate, tls::certificate_to_der(pair.certificate_pem));
    TRY_ASSIGN(auto key, tls::key_to_der(pair.key_pem));
    TRY(write_file(folder / "own.key.der", key, FileMode::secret));
    TRY(write_file(folder / "own.der", certificate));
  }
  for (auto& other : trusts) {
    auto theirs = layout.pki() / "opcua" / other / "own.der";
    if (!fs::exists(theirs)) continue;
    TRY_ASSIGN(auto certificate, read_file(theirs));
    TRY(write_file(folder / "trusted" / (other + ".der"), certificate));
  }
  return {};
}

Result<std::string> make_secret(const Layout& layout, const std::string& name) {
  auto path = layout.secrets() / name;
  if (fs::exists(path)) return read_file(path);
  auto secret = random_secret();
  TRY(write_file(path, secret, FileMode::secret));
  return secret;
}

}  // namespace millrace
