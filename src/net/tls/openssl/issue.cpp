#include "net/tls/certificate.hpp"
#include "net/tls/context.hpp"
#include "net/tls/openssl/handles.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <algorithm>

namespace millrace::tls {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

tl::unexpected<Error> openssl_failure(std::string_view doing) {
  return fail(ErrorCode::internal, fmt::format("{}: {}", doing, error_text()));
}

/// OpenSSL's extension texts are comma-separated, so a name with a comma could smuggle in another name.
Result<void> check_name(std::string_view kind, std::string_view name) {
  bool clean = !name.empty() && std::none_of(name.begin(), name.end(), [](unsigned char c) {
    return c < 0x21 || c > 0x7e || c == ',' || c == ';';
  });
  if (!clean) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' cannot be a {} of a certificate: use printable characters without blank, comma, "
                            "semicolon",
                            name, kind));
  }
  return {};
}

Result<std::string> alternative_names(const CertificateRequest& request) {
  std::string text;
  auto add = [&](std::string_view kind, const std::vector<std::string>& names) -> Result<void> {
    for (const auto& name : names) {
      TRY(check_name(kind, name));
      text += fmt::format("{}{}:{}", text.empty() ? "" : ",", kind, name);
    }
    return {};
  };
  TRY(add("URI", request.uris));
  TRY(add("DNS", request.dns_names));
  TRY(add("IP", request.ip_addresses));
  return text;
}

Result<Key> make_key(KeyKind kind) {
  Key key(kind == KeyKind::ec_p256 ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048));
  if (!key) return openssl_failure("cannot make a key");
  return key;
}

Result<std::string> bytes_of(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  if (size < 0) return openssl_failure("cannot read memory");
  return std::string(data, static_cast<std::size_t>(size));
}

Result<KeyPair> to_pem(X509* certificate, EVP_PKEY* key) {
  Bio certificate_out(BIO_new(BIO_s_mem())), key_out(BIO_new(BIO_s_mem()));
  if (!PEM_write_bio_X509(certificate_out.get(), certificate) ||
      !PEM_write_bio_PKCS8PrivateKey(key_out.get(), key, nullptr, nullptr, 0, nullptr, nullptr)) {
    return openssl_failure("cannot write a certificate as PEM");
  }
  KeyPair pair;
  TRY_ASSIGN(pair.certificate_pem, bytes_of(certificate_out.get()));
  TRY_ASSIGN(pair.key_pem, bytes_of(key_out.get()));
  return pair;
}

Result<Certificate> parse_certificate(std::string_view pem) {
  Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Certificate certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!certificate) return fail(ErrorCode::corrupt, "not a PEM certificate: " + error_text());
  return certificate;
}

Result<Key> parse_key(std::string_view pem) {
  Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  // The empty pass phrase keeps OpenSSL from asking for one on the terminal.
  Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, const_cast<char*>("")));
  if (!key) return fail(ErrorCode::corrupt, "not an unencrypted PEM key: " + error_text());
  return key;
}

/// Version 3, random serial of 127 bits (RFC 5280, 4.1.2.2), names, times and public key.
Result<Certificate> make_body(const std::string& common_name, const std::string& organisation, EVP_PKEY* key,
                              TimeUs now_us, int valid_days) {
  if (common_name.empty() || common_name.size() > 64 || organisation.size() > 64) {  // RFC 5280, ub-common-name
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' (organisation '{}') cannot name a certificate: 1 to 64 characters", common_name,
                            organisation));
  }
  Certificate certificate(X509_new());
  unsigned char serial[16];
  if (!certificate || RAND_bytes(serial, sizeof serial) != 1) return openssl_failure("cannot make a certificate");
  serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);
  std::unique_ptr<BIGNUM, Deleter<BN_free>> number(BN_bin2bn(serial, sizeof serial, nullptr));
  auto second = static_cast<time_t>(now_us / 1'000'000);
  auto add_name = [name = X509_get_subject_name(certificate.get())](const char* field, const std::string& value) {
    return value.empty() ||
           X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  bool made = X509_set_version(certificate.get(), 2) == 1 &&
              BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get())) != nullptr &&
              ASN1_TIME_set(X509_getm_notBefore(certificate.get()), second - 3600) != nullptr &&
              ASN1_TIME_set(X509_getm_notAfter(certificate.get()), second + valid_days * kSecondsPerDay) != nullptr &&
              X509_set_pubkey(certificate.get(), key) == 1 && add_name("O", organisation) &&
              add_name("CN", common_name);
  if (!made) return openssl_failure("cannot make a certificate");
  return certificate;
}

Result<void> add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
    return openssl_failure(fmt::format("cannot put '{}' into a certificate", value));
  }
  return {};
}

Result<void> sign(X509* certificate, X509* issuer, EVP_PKEY* issuer_key) {
  bool signed_now = X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1 &&
                    X509_sign(certificate, issuer_key, EVP_sha256()) > 0;
  if (!signed_now) return openssl_failure("cannot sign a certificate");
  return {};
}

/// Key usages as OPC 10000-6, 6.2.2 asks for RSA; EC keys sign only (RFC 5480, 3).
Result<KeyPair> make_leaf(const CertificateRequest& request, TimeUs now_us, X509* issuer, EVP_PKEY* issuer_key) {
  TRY_ASSIGN(auto names, alternative_names(request));
  TRY_ASSIGN(auto key, make_key(request.key));
  TRY_ASSIGN(auto leaf, make_body(request.common_name, request.organisation, key.get(), now_us, request.valid_days));
  X509* signer = issuer != nullptr ? issuer : leaf.get();
  std::string usage = "critical,digitalSignature";
  if (request.key == KeyKind::rsa_2048) usage += ",nonRepudiation,keyEncipherment,dataEncipherment";
  if (issuer == nullptr) usage += ",keyCertSign";
  TRY(add_extension(leaf.get(), signer, NID_basic_constraints, "critical,CA:FALSE"));
  TRY(add_extension(leaf.get(), signer, NID_key_usage, usage));
  TRY(add_extension(leaf.get(), signer, NID_ext_key_usage, "clientAuth,serverAuth"));
  TRY(add_extension(leaf.get(), signer, NID_subject_key_identifier, "hash"));
  TRY(add_extension(leaf.get(), signer, NID_authority_key_identifier, "keyid:always"));
  if (!names.empty()) TRY(add_extension(leaf.get(), signer, NID_subject_alt_name, names));
  TRY(sign(leaf.get(), signer, issuer_key != nullptr ? issuer_key : key.get()));
  return to_pem(leaf.get(), key.get());
}

}  // namespace

Result<KeyPair> make_authority(const std::string& common_name, const std::string& organisation, TimeUs now_us,
                               int valid_days) {
  TRY_ASSIGN(auto key, make_key(KeyKind::ec_p256));
  TRY_ASSIGN(auto certificate, make_body(common_name, organisation, key.get(), now_us, valid_days));
  TRY(add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0"));
  TRY(add_extension(certificate.get(), certificate.get(), NID_key_usage, "critical,keyCertSign,cRLSign"));
  TRY(add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash"));
  TRY(sign(certificate.get(), certificate.get(), key.get()));
  return to_pem(certificate.get(), key.get());
}

Result<KeyPair> issue_certificate(const KeyPair& authority, const CertificateRequest& request, TimeUs now_us) {
  TRY_ASSIGN(auto issuer, parse_certificate(authority.certificate_pem));
  TRY_ASSIGN(auto issuer_key, parse_key(authority.key_pem));
  return make_leaf(request, now_us, issuer.get(), issuer_key.get());
}

Result<KeyPair> make_self_signed(const CertificateRequest& request, TimeUs now_us) {
  return make_leaf(request, now_us, nullptr, nullptr);
}

Result<std::string> certificate_to_der(std::string_view pem) {
  TRY_ASSIGN(auto certificate, parse_certificate(pem));
  Bio out(BIO_new(BIO_s_mem()));
  if (i2d_X509_bio(out.get(), certificate.get()) != 1) return openssl_failure("cannot write a certificate as DER");
  return bytes_of(out.get());
}

Result<std::string> key_to_der(std::string_view pem) {
  TRY_ASSIGN(auto key, parse_key(pem));
  Bio out(BIO_new(BIO_s_mem()));
  if (i2d_PrivateKey_bio(out.get(), key.get()) != 1) return openssl_failure("cannot write a key as DER");
  return bytes_of(out.get());
}

}  // namespace millrace::tls
