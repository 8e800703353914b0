#include "base/file.hpp"
#include "base/hash.hpp"
#include "net/tls/certificate.hpp"
#include "net/tls/context.hpp"
#include "net/tls/openssl/handles.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>

namespace millrace::tls {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

std::string name_part(const X509_NAME* name, int kind) {
  int at = X509_NAME_get_index_by_NID(name, kind, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return {};
  std::string value(reinterpret_cast<char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return value;
}

Result<TimeUs> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return fail(ErrorCode::corrupt, "a certificate with an unreadable date");
  return static_cast<TimeUs>(timegm(&parts)) * 1'000'000;
}

std::string text_of(const ASN1_STRING* value) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

std::string address_of(const ASN1_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(bytes), text, sizeof text);
  return text;
}

void read_alternative_names(X509* certificate, CertificateInfo& info) {
  std::unique_ptr<GENERAL_NAMES, Deleter<GENERAL_NAMES_free>> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) info.dns_names.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_URI) info.uris.push_back(text_of(name->d.uniformResourceIdentifier));
    if (name->type == GEN_IPADD) info.ip_addresses.push_back(address_of(name->d.iPAddress));
  }
}

std::string thumbprint(X509* certificate, const EVP_MD* digest) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(certificate, digest, bytes, &size) != 1) return {};
  return to_hex({reinterpret_cast<const char*>(bytes), size});
}

Certificate parse(std::string_view bytes) {
  Certificate certificate;
  if (bytes.find("-----BEGIN") != std::string_view::npos) {
    Bio in(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
    certificate.reset(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  } else {
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    certificate.reset(d2i_X509(nullptr, &data, static_cast<long>(bytes.size())));
  }
  return certificate;
}

}  // namespace

Result<CertificateInfo> read_certificate(std::string_view pem_or_der) {
  auto certificate = parse(pem_or_der);
  if (!certificate) return fail(ErrorCode::corrupt, "not an X.509 certificate: " + error_text());
  CertificateInfo info;
  const auto* subject = X509_get_subject_name(certificate.get());
  info.common_name = name_part(subject, NID_commonName);
  info.organisation = name_part(subject, NID_organizationName);
  info.issuer_name = name_part(X509_get_issuer_name(certificate.get()), NID_commonName);
  TRY_ASSIGN(info.not_before_us, time_of(X509_get0_notBefore(certificate.get())));
  TRY_ASSIGN(info.not_after_us, time_of(X509_get0_notAfter(certificate.get())));
  info.authority = X509_check_ca(certificate.get()) == 1;
  info.sha1 = thumbprint(certificate.get(), EVP_sha1());
  info.sha256 = thumbprint(certificate.get(), EVP_sha256());
  read_alternative_names(certificate.get(), info);
  return info;
}

Result<void> check_validity(const std::filesystem::path& certificate, TimeUs now_us) {
  TRY_ASSIGN(auto bytes, read_file(certificate));
  auto info = read_certificate(bytes);
  if (!info) return fail(info.error().with_context(certificate.string()));
  if (info->not_after_us <= now_us) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("the certificate of '{}' in {} expired on {}: issue a new one", info->common_name,
                            certificate.string(), format_time(info->not_after_us)));
  }
  if (info->not_before_us > now_us) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("the certificate of '{}' in {} is valid only from {}: is this machine's clock right?",
                            info->common_name, certificate.string(), format_time(info->not_before_us)));
  }
  return {};
}

Result<void> write_credentials(const Credentials& paths, const KeyPair& pair, std::string_view authority_pem) {
  TRY(write_file(paths.key, pair.key_pem, FileMode::secret));
  TRY(write_file(paths.certificate, pair.certificate_pem));
  if (!authority_pem.empty()) TRY(write_file(paths.certificate_authority, authority_pem));
  return {};
}

}  // namespace millrace::tls
