#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/tls/credentials.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX and SSL, for adapters
struct ssl_st;

namespace millrace::tls {

enum class Role { client, server };

struct ContextDeleter {
  void operator()(ssl_ctx_st* context) const;
};
using Context = std::unique_ptr<ssl_ctx_st, ContextDeleter>;

/// A TLS 1.3 context in which both sides must show a certificate of the authority (RFC 8446). Checks our own files
/// first, so that an expired or missing certificate is one sentence here and not an alert at the peer. Revocation lists
/// (*.crl) in the authority's folder are honoured.
/// `peer_host` (client only): the DNS name or IP address that the server's certificate must carry.
Result<Context> make_context(const Credentials& credentials, Role role, TimeUs now_us,
                             const std::string& peer_host = {});

/// Why the last peer of this context was refused ("certificate of 'broker' has expired"); empty when none was.
std::string verification_failure(ssl_ctx_st* context);
/// For a context that serves several connections, before the next one.
void forget_verification_failure(ssl_ctx_st* context);

/// Common name of the verified peer; empty without one.
std::string peer_common_name(const ssl_st* connection);

/// The reasons that wait in this thread's OpenSSL error queue, as one line; empties the queue.
std::string error_text();

}  // namespace millrace::tls
