#include "runtime/ports.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace millrace {

namespace {

class Socket {
 public:
  Socket() : number_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Result<std::uint16_t> free_port() {
  Socket socket;
  auto address = loopback(0);
  socklen_t length = sizeof(address);
  if (socket.number() < 0 || ::bind(socket.number(), reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::getsockname(socket.number(), reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    return fail(ErrorCode::exhausted, std::string("no free port: ") + std::strerror(errno));
  }
  return ntohs(address.sin_port);
}

bool port_accepts(std::uint16_t port) {
  Socket socket;
  auto address = loopback(port);
  return socket.number() >= 0 &&
         ::connect(socket.number(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

}  // namespace millrace
