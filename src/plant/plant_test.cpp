#include "plant/plant.hpp"

#include "base/id.hpp"
#include "fieldbus/opcua/testing/identity.hpp"
#include "runtime/ports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace millrace::plant {
namespace {

namespace fs = std::filesystem;

/// Another program's socket. Not an OPC UA server of ours: two of those share a port (SO_REUSEPORT).
class Listener {
 public:
  explicit Listener(std::uint16_t port) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(port);
    const int reuse = 1;  // the port's last connections may linger
    ::setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0) << std::strerror(errno);
    EXPECT_EQ(::listen(socket_, 1), 0) << std::strerror(errno);
  }
  ~Listener() { ::close(socket_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

 private:
  int socket_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
};

TEST(Plant, SaysThatItsServerDidNotComeBack) {
  const fs::path folder = fs::temp_directory_path() / ("millrace-plant-" + random_id());
  const SystemClock clock;
  Loop loop{clock};
  opcua::ServerOptions options{.port = free_port().value()};
  options.identity = opcua::make_identity(folder, "plant");
  options.users = {{"gateway", "secret"}};
  const auto server = opcua::make_open62541_server(loop, options);
  Plant plant(loop, *server, {.load = PlantConfig::Load{.tags = 1}});
  const auto started = plant.start();
  ASSERT_TRUE(started) << started.error().message;
  std::string problem;
  plant.restart_server(0, [&](const Error& why) { problem = why.message; });
  const Listener other(options.port);  // takes its port meanwhile
  ASSERT_TRUE(loop.run_until([&] { return !problem.empty(); }, 10'000'000));
  EXPECT_THAT(problem, testing::HasSubstr(std::to_string(options.port)));
  plant.stop();
  fs::remove_all(folder);
}

}  // namespace
}  // namespace millrace::plant
