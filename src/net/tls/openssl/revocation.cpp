#include "net/tls/revocation.hpp"

#include "base/file.hpp"
#include "net/tls/context.hpp"
#include "net/tls/openssl/handles.hpp"

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace millrace::tls {
namespace {

using RevocationList = std::unique_ptr<X509_CRL, Deleter<X509_CRL_free>>;

RevocationList parse(const std::string& bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const Bio in(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  return RevocationList(bytes.starts_with("-----BEGIN") ? PEM_read_bio_X509_CRL(in.get(), nullptr, nullptr, nullptr)
                                                        : d2i_X509_CRL(nullptr, &at, static_cast<long>(bytes.size())));
}

}  // namespace

Result<void> add_revocation_lists(X509_STORE* store, const std::filesystem::path& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".crl") continue;
    TRY_ASSIGN(const std::string bytes, read_file(entry.path()));
    const RevocationList list = parse(bytes);
    if (!list || X509_STORE_add_crl(store, list.get()) != 1) {
      return fail(ErrorCode::corrupt,
                  fmt::format("{} is no revocation list (PEM or DER): {}", entry.path().string(), error_text()));
    }
    X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  }
  return {};
}

bool no_list_is_no_objection(X509_STORE_CTX* context) {
  if (X509_STORE_CTX_get_error(context) != X509_V_ERR_UNABLE_TO_GET_CRL) return false;
  X509_STORE_CTX_set_error(context, X509_V_OK);
  return true;
}

}  // namespace millrace::tls
