#include "fieldbus/opcua/open62541/trust.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "net/tls/openssl/handles.hpp"
#include "net/tls/revocation.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <algorithm>
#include <memory>
#include <vector>

namespace millrace::opcua {
namespace {

using tls::Bio;
using tls::Certificate;
using tls::Deleter;
using tls::Key;
using Store = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;

void free_stack(STACK_OF(X509) * stack) { sk_X509_free(stack); }
void free_names(GENERAL_NAMES* names) { GENERAL_NAMES_free(names); }

Bio reader(std::string_view bytes) { return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size()))); }

Certificate parse_certificate(std::string_view bytes) {
  if (bytes.find("-----BEGIN") != std::string_view::npos) {
    return Certificate(PEM_read_bio_X509(reader(bytes).get(), nullptr, nullptr, nullptr));
  }
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  return Certificate(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
}

/// Certificates one behind the other, as OPC UA sends chains (OPC 10000-6, 6.2.3).
std::vector<Certificate> parse_chain(std::string_view der) {
  std::vector<Certificate> chain;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* end = at + der.size();
  while (at < end) {
    Certificate certificate(d2i_X509(nullptr, &at, end - at));
    if (!certificate) break;
    chain.push_back(std::move(certificate));
  }
  return chain;
}

template <typename T, typename Encode>
std::string to_der(T* object, Encode encode) {
  unsigned char* bytes = nullptr;
  const int size = encode(object, &bytes);
  std::string der(reinterpret_cast<char*>(bytes), size > 0 ? static_cast<std::size_t>(size) : 0);
  OPENSSL_free(bytes);
  return der;
}

std::string common_name(X509* certificate) {
  char text[256] = {};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof text);
  return text[0] != '\0' ? text : "unnamed";
}

std::string date(const ASN1_TIME* time) {
  Bio memory(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(memory.get(), time);
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string thumbprint(std::string_view der) { return sha256_hex(der).substr(0, 16); }

std::string file_name(X509* certificate, std::string_view der) {
  std::string name = common_name(certificate);
  std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '.'; }, '_');
  return fmt::format("{}-{}.der", name, thumbprint(der));
}

/// Adds every certificate and revocation list of the folder.
Result<void> fill(X509_STORE* store, const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (!entry.is_regular_file(error)) continue;
    const auto bytes = read_file(entry.path());
    if (!bytes) continue;
    if (const Certificate certificate = parse_certificate(*bytes)) X509_STORE_add_cert(store, certificate.get());
  }
  return tls::add_revocation_lists(store, folder);
}

std::string application_uri_of(X509* certificate) {
  std::unique_ptr<GENERAL_NAMES, Deleter<free_names>> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int index = 0; names && index < sk_GENERAL_NAME_num(names.get()); ++index) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), index);
    if (name->type != GEN_URI) continue;
    const auto* text = name->d.uniformResourceIdentifier;
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
  }
  return {};
}

}  // namespace

Result<std::string> load_certificate_der(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string bytes, read_file(path));
  const Certificate certificate = parse_certificate(bytes);
  if (!certificate) {
    return fail(ErrorCode::corrupt, fmt::format("{} is not an X.509 certificate (PEM or DER)", path.string()));
  }
  return to_der(certificate.get(), i2d_X509);
}

Result<std::string> load_key_der(const std::filesystem::path& path) {
  TRY_ASSIGN(const std::string bytes, read_file(path));
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const Key key(bytes.find("-----BEGIN") != std::string::npos
                    ? PEM_read_bio_PrivateKey(reader(bytes).get(), nullptr, nullptr, nullptr)
                    : d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(bytes.size())));
  if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
    return fail(ErrorCode::corrupt, fmt::format("{} is not an RSA private key (PEM or DER): OPC UA's policies "
                                                "Basic256Sha256 and Aes256_Sha256_RsaPss need RSA",
                                                path.string()));
  }
  return to_der(key.get(), i2d_PrivateKey);
}

Result<void> check_own_certificate(std::string_view der, std::string_view application_uri,
                                   const std::filesystem::path& path, TimeUs now_us) {
  const Certificate certificate = parse_certificate(der);
  if (!certificate) return fail(ErrorCode::corrupt, fmt::format("{} is not an X.509 certificate", path.string()));
  time_t now = now_us / 1'000'000;
  if (X509_cmp_time(X509_get0_notAfter(certificate.get()), &now) < 0) {
    return fail(ErrorCode::failed_precondition, fmt::format("our certificate {} expired on {}: renew it", path.string(),
                                                            date(X509_get0_notAfter(certificate.get()))));
  }
  if (X509_cmp_time(X509_get0_notBefore(certificate.get()), &now) > 0) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("our certificate {} is valid from {} only: check this machine's clock", path.string(),
                            date(X509_get0_notBefore(certificate.get()))));
  }
  if (const std::string uri = application_uri_of(certificate.get()); uri != application_uri) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("our certificate {} carries the URI \"{}\", the configured application URI is \"{}\": "
                            "they must be equal, or peers refuse it (BadCertificateUriInvalid)",
                            path.string(), uri, application_uri));
  }
  return {};
}

Result<void> check_own_key(std::string_view certificate_der, std::string_view key_der,
                           const std::filesystem::path& path) {
  const Certificate certificate = parse_certificate(certificate_der);
  const auto* at = reinterpret_cast<const unsigned char*>(key_der.data());
  const Key key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(key_der.size())));
  if (certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1) return {};
  return fail(ErrorCode::corrupt, fmt::format("the key {} does not belong to our certificate", path.string()));
}

TrustStore::TrustStore(std::filesystem::path trusted, std::filesystem::path rejected)
    : trusted_(std::move(trusted)), rejected_(std::move(rejected)) {}

Result<void> TrustStore::verify(std::string_view der, TimeUs now_us) const {
  const std::vector<Certificate> chain = parse_chain(der);
  if (chain.empty()) return fail(ErrorCode::corrupt, "the peer's certificate cannot be read");
  X509* leaf = chain.front().get();
  const Store store(X509_STORE_new());
  TRY(fill(store.get(), trusted_));
  std::unique_ptr<STACK_OF(X509), Deleter<free_stack>> others(sk_X509_new_null());
  for (std::size_t index = 1; index < chain.size(); ++index) sk_X509_push(others.get(), chain[index].get());
  const StoreContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf, others.get());
  // A certificate in the folder is trusted itself, whoever issued it.
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_PARTIAL_CHAIN);
  X509_STORE_CTX_set_verify_cb(context.get(), [](int accepted, X509_STORE_CTX* checked) {
    return accepted != 0 || tls::no_list_is_no_objection(checked) ? 1 : 0;
  });
  X509_STORE_CTX_set_time(context.get(), 0, now_us / 1'000'000);
  if (X509_verify_cert(context.get()) == 1) return {};

  const int error = X509_STORE_CTX_get_error(context.get());
  const std::string who = fmt::format("certificate \"{}\" ({})", common_name(leaf), thumbprint(to_der(leaf, i2d_X509)));
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return fail(ErrorCode::failed_precondition,
                  fmt::format("{} expired on {}: it must be renewed at the peer", who, date(X509_get0_notAfter(leaf))));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return fail(ErrorCode::failed_precondition,
                  fmt::format("{} is valid from {} only: check both clocks", who, date(X509_get0_notBefore(leaf))));
    case X509_V_ERR_CERT_REVOKED:
      return fail(ErrorCode::unauthenticated, fmt::format("{} was revoked by its authority", who));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
      const std::string own = to_der(leaf, i2d_X509);
      const std::filesystem::path file = rejected_ / file_name(leaf, own);
      const auto written = write_file(file, own);
      return fail(
          ErrorCode::permission_denied,
          written ? fmt::format("{} is not trusted. It was put into {}; when it is the right one, move that file to {}",
                                who, file.string(), trusted_.string())
                  : fmt::format("{} is not trusted, and {}", who, written.error().message));
    }
    default:
      return fail(ErrorCode::permission_denied,
                  fmt::format("{} is refused: {}", who, X509_verify_cert_error_string(error)));
  }
}

}  // namespace millrace::opcua
