#include "net/tls/context.hpp"

#include "net/tls/certificate.hpp"
#include "net/tls/revocation.hpp"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace millrace::tls {
namespace {

void free_failure(void*, void* failure, CRYPTO_EX_DATA*, int, long, void*) {
  delete static_cast<std::string*>(failure);
}

/// The slot of a context in which its last refusal is kept; lives as long as the context.
int failure_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_failure);
  return slot;
}

int remember_failure(int accepted, X509_STORE_CTX* store) {
  if (accepted != 0 || no_list_is_no_objection(store)) return 1;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* failure = static_cast<std::string*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), failure_slot()));
  char name[256] = "?";
  if (X509* certificate = X509_STORE_CTX_get_current_cert(store)) {
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  }
  *failure = fmt::format("the peer's certificate '{}' is refused: {}", name,
                         X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
  return 0;
}

Result<void> load_files(SSL_CTX* context, const Credentials& credentials) {
  auto refuse = [](const std::filesystem::path& path) {
    return fail(ErrorCode::invalid_argument, fmt::format("cannot use {}: {}", path.string(), error_text()));
  };
  if (SSL_CTX_load_verify_file(context, credentials.certificate_authority.c_str()) != 1) {
    return refuse(credentials.certificate_authority);
  }
  if (SSL_CTX_use_certificate_chain_file(context, credentials.certificate.c_str()) != 1) {
    return refuse(credentials.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, credentials.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(context) != 1) {
    return refuse(credentials.key);
  }
  return {};
}

void expect_host(SSL_CTX* context, const std::string& host) {
  auto* parameters = SSL_CTX_get0_param(context);
  // set1_ip_asc refuses what is not an address and leaves the parameters untouched.
  if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) != 1) {
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM_set1_host(parameters, host.c_str(), host.size());
  }
  ERR_clear_error();
}

}  // namespace

void ContextDeleter::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

Result<Context> make_context(const Credentials& credentials, Role role, TimeUs now_us, const std::string& peer_host) {
  TRY(check_validity(credentials.certificate_authority, now_us));
  TRY(check_validity(credentials.certificate, now_us));
  ERR_clear_error();
  Context context(SSL_CTX_new(role == Role::client ? TLS_client_method() : TLS_server_method()));
  if (!context) return fail(ErrorCode::internal, "cannot make a TLS context: " + error_text());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_ex_data(context.get(), failure_slot(), std::make_unique<std::string>().release());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, remember_failure);
  // The senders of the adapters may move their buffers between two attempts to write.
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (role == Role::server) {
    const unsigned char id[] = "millrace";
    SSL_CTX_set_session_id_context(context.get(), id, sizeof id - 1);
  } else if (!peer_host.empty()) {
    expect_host(context.get(), peer_host);
  }
  TRY(load_files(context.get(), credentials));
  TRY(add_revocation_lists(SSL_CTX_get_cert_store(context.get()), credentials.certificate_authority.parent_path()));
  return context;
}

std::string verification_failure(ssl_ctx_st* context) {
  const auto* failure = static_cast<const std::string*>(SSL_CTX_get_ex_data(context, failure_slot()));
  return failure != nullptr ? *failure : std::string();
}

void forget_verification_failure(ssl_ctx_st* context) {
  static_cast<std::string*>(SSL_CTX_get_ex_data(context, failure_slot()))->clear();
}

std::string peer_common_name(const ssl_st* connection) {
  X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr) return {};
  char name[256] = "";
  int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
  return size > 0 ? std::string(name, static_cast<std::size_t>(size)) : std::string();
}

std::string error_text() {
  std::string text;
  while (auto code = ERR_get_error()) {
    char line[256];
    const char* reason = ERR_reason_error_string(code);
    if (reason == nullptr) ERR_error_string_n(code, line, sizeof line), reason = line;
    if (text.find(reason) == std::string::npos) text += (text.empty() ? "" : ", ") + std::string(reason);
  }
  return text.empty() ? "no reason given" : text;
}

}  // namespace millrace::tls
