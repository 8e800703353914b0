#include "fieldbus/opcua/server.hpp"
#include "plant/config.hpp"
#include "plant/plant.hpp"
#include "plant/simulator.hpp"
#include "runtime/components.hpp"
#include "runtime/program.hpp"

#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <functional>
#include <iostream>
#include <string_view>

// `millrace-plant`: the virtual plant of demo and tests. SIGHUP takes its OPC UA server away for three seconds.
namespace millrace {
namespace {

constexpr std::int64_t restart_pause_us = 3'000'000;

Result<void> serve(const plant::PlantConfig& config) {
  const SystemClock clock;
  Loop loop(clock);
  const auto server = opcua::make_open62541_server(loop, config.server);
  plant::Plant plant(loop, *server, config);

  ComponentGroup components(loop);
  boost::asio::signal_set hang_up(loop.context(), SIGHUP);
  std::function<void()> listen = [&] {
    hang_up.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      plant.restart_server(restart_pause_us, [&](const Error& why) { components.fail_with(why); });
      listen();
    });
  };
  listen();

  components.add({"plant", [&] { return plant.start(); }, [&] { plant.stop(); }});
  return components.run();
}

Result<Work> read(const std::filesystem::path& file) {
  TRY_ASSIGN(auto config, plant::load_plant_config(file));
  return Work{LogLevel::info, [config = std::move(config)] { return serve(config); }};
}

int simulate_files(const std::filesystem::path& folder) {
  const auto written = plant::write_simulated_files(folder);
  if (written) return 0;
  std::cerr << "millrace-plant: " << written.error().message << '\n';
  return 1;
}

}  // namespace
}  // namespace millrace

int main(int argc, char** argv) {
  if (argc == 3 && argv[1] == std::string_view("--simulate-files")) return millrace::simulate_files(argv[2]);
  return millrace::run_program(
      argc, argv, {"plant", "Millrace's virtual plant, for demo and tests (or --simulate-files FOLDER, and end)"},
      millrace::read);
}
