#include "fieldbus/opcua/server.hpp"
#include "plant/config.hpp"
#include "plant/plant.hpp"
#include "plant/simulator.hpp"
#include "runtime/components.hpp"
#include "runtime/log.hpp"

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <cstdio>
#include <string_view>

// `millrace-plant`: the virtual plant of demo and tests. SIGHUP takes its OPC UA server away for three seconds.
namespace {

constexpr std::int64_t restart_pause_us = 3'000'000;

int fail_with(const millrace::Error& error) {
  std::fprintf(stderr, "millrace-plant: %s\n", error.message.c_str());
  return 1;
}

int run(const std::filesystem::path& file) {
  auto config = millrace::plant::load_plant_config(file);
  if (!config) return fail_with(config.error());
  millrace::SystemClock clock;
  millrace::Loop loop(clock);
  millrace::set_up_log({.process = "plant"});
  auto server = millrace::opcua::make_open62541_server(loop, config->server);
  millrace::plant::Plant plant(loop, *server, *config);

  boost::asio::signal_set hang_up(loop.context(), SIGHUP);
  std::function<void()> listen = [&] {
    hang_up.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      plant.restart_server(restart_pause_us);
      listen();
    });
  };
  listen();

  millrace::ComponentGroup components(loop);
  components.add({"plant", [&] { return plant.start(); }, [&] { plant.stop(); }});
  auto outcome = components.run();
  return outcome ? 0 : fail_with(outcome.error());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && argv[1] == std::string_view("--config")) return run(argv[2]);
  if (argc == 3 && argv[1] == std::string_view("--simulate-files")) {
    auto written = millrace::plant::write_simulated_files(argv[2]);
    return written ? 0 : fail_with(written.error());
  }
  std::fprintf(stderr, "usage: millrace-plant --config FILE | --simulate-files FOLDER\n");
  return 2;
}
