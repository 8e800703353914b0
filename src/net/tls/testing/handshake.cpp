#include "net/tls/testing/handshake.hpp"

#include <openssl/ssl.h>

#include <memory>

namespace millrace::tls {

bool handshake(SSL_CTX* client_context, SSL_CTX* server_context) {
  std::unique_ptr<SSL, void (*)(SSL*)> client(SSL_new(client_context), SSL_free),
      server(SSL_new(server_context), SSL_free);
  BIO *client_side = nullptr, *server_side = nullptr;
  BIO_new_bio_pair(&client_side, 0, &server_side, 0);
  SSL_set_bio(client.get(), client_side, client_side);
  SSL_set_bio(server.get(), server_side, server_side);
  int client_done = 0, server_done = 0;
  for (int round = 0; round < 10 && (client_done != 1 || server_done != 1); ++round) {
    client_done = SSL_connect(client.get());
    server_done = SSL_accept(server.get());
  }
  error_text();
  return client_done == 1 && server_done == 1;
}

}  // namespace millrace::tls
