#pragma once

#include "net/tls/context.hpp"

namespace millrace::tls {

/// Runs a handshake in memory. True when both sides trust each other.
bool handshake(ssl_ctx_st* client_context, ssl_ctx_st* server_context);

}  // namespace millrace::tls
