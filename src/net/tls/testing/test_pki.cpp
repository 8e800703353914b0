#include "net/tls/testing/test_pki.hpp"

#include "base/file.hpp"
#include "base/id.hpp"
#include "net/tls/openssl/handles.hpp"

#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <iostream>
#include <type_traits>
#include <utility>

namespace millrace::tls {
namespace {

constexpr std::int64_t kDayUs = 86'400'000'000;

template <typename T>
T must(Result<T> result) {
  if (!result) {
    std::cerr << "test authority: " << result.error().message << '\n';
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

using Revocations = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;
using Time = std::unique_ptr<ASN1_TIME, Deleter<ASN1_TIME_free>>;

template <typename Handle, typename Read>
Handle parse(const std::string& pem, Read read) {
  const Bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Handle(read(in.get(), nullptr, nullptr, nullptr));
}

}  // namespace

TestPki::TestPki(const std::string& authority_name)
    : folder_(std::filesystem::temp_directory_path() / ("millrace-pki-" + random_id())),
      authority_(must(make_authority(authority_name, "test", SystemClock().now_us() - 1000 * kDayUs))) {
  must(write_file(folder_ / "ca.pem", authority_.certificate_pem));
}

TestPki::~TestPki() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Credentials TestPki::issue(const std::string& common_name, int valid_days) {
  return issue({.common_name = common_name, .organisation = "test", .valid_days = valid_days});
}

Credentials TestPki::issue(const CertificateRequest& request) { return write(authority_, request); }

Credentials TestPki::issue_by_a_stranger(const std::string& common_name) {
  return write(must(make_authority("a stranger", "elsewhere", SystemClock().now_us())), {.common_name = common_name});
}

Credentials TestPki::write(const KeyPair& authority, CertificateRequest request) {
  TimeUs from_us = SystemClock().now_us();
  if (request.valid_days < 0) from_us += (request.valid_days - 1) * kDayUs;
  request.valid_days = std::abs(request.valid_days);
  const Credentials paths{folder_ / "ca.pem", folder_ / (request.common_name + ".pem"),
                          folder_ / (request.common_name + ".key")};
  must(write_credentials(paths, must(issue_certificate(authority, request, from_us))));
  return paths;
}

void TestPki::revoke(const std::vector<std::string>& common_names, const std::filesystem::path& file) {
  const auto issuer = parse<Certificate>(authority_.certificate_pem, PEM_read_bio_X509);
  const auto key = parse<Key>(authority_.key_pem, PEM_read_bio_PrivateKey);
  const Revocations list(X509_CRL_new());
  const Time now(X509_gmtime_adj(nullptr, 0)), next(X509_gmtime_adj(nullptr, 86'400));
  bool made = X509_CRL_set_version(list.get(), 1) == 1 &&
              X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.get())) == 1 &&
              X509_CRL_set1_lastUpdate(list.get(), now.get()) == 1 &&
              X509_CRL_set1_nextUpdate(list.get(), next.get()) == 1;
  for (const auto& name : common_names) {
    const auto revoked = parse<Certificate>(must(read_file(folder_ / (name + ".pem"))), PEM_read_bio_X509);
    X509_REVOKED* entry = X509_REVOKED_new();
    made = made && X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(revoked.get())) == 1 &&
           X509_REVOKED_set_revocationDate(entry, now.get()) == 1 && X509_CRL_add0_revoked(list.get(), entry) == 1;
  }
  const Bio out(BIO_new(BIO_s_mem()));
  made = made && X509_CRL_sort(list.get()) == 1 && X509_CRL_sign(list.get(), key.get(), EVP_sha256()) > 0 &&
         PEM_write_bio_X509_CRL(out.get(), list.get()) == 1;
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  if (!made || size <= 0) must<void>(fail(ErrorCode::internal, "cannot make a revocation list"));
  must(write_file(file, {text, static_cast<std::size_t>(size)}));
}

}  // namespace millrace::tls
