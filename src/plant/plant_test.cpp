#include "plant/plant.hpp"

#include "base/id.hpp"
#include "fieldbus/opcua/testing/identity.hpp"
#include "runtime/ports.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::plant {
namespace {

namespace fs = std::filesystem;

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
  const auto other = opcua::make_open62541_server(loop, options);
  ASSERT_TRUE(other->start());  // takes its port meanwhile
  ASSERT_TRUE(loop.run_until([&] { return !problem.empty(); }, 10'000'000));
  EXPECT_THAT(problem, testing::HasSubstr(std::to_string(options.port)));
  plant.stop();
  fs::remove_all(folder);
}

}  // namespace
}  // namespace millrace::plant
