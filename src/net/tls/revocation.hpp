#pragma once

#include "base/result.hpp"

#include <filesystem>

struct x509_store_st;  // OpenSSL's X509_STORE and X509_STORE_CTX, for adapters
struct x509_store_ctx_st;

namespace millrace::tls {

/// Puts the revocation lists of a folder (*.crl, PEM or DER; RFC 5280, 5) into a store of trusted certificates and has
/// leaves checked against them. `corrupt` names a file that is none: what was meant to be refused must not get in.
/// `no_list_is_no_objection` must be in the verify callback.
Result<void> add_revocation_lists(x509_store_st* store, const std::filesystem::path& folder);

/// For a verify callback: an authority without a list has revoked nothing. True when that was all that is wrong.
bool no_list_is_no_objection(x509_store_ctx_st* context);

}  // namespace millrace::tls
