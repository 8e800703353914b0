// OPC UA server -> our client, security on: rate, losses, processor time and memory of the client's process. The server
// runs in a child process, as the plant does.
#include <sys/wait.h>
#include <unistd.h>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/id.hpp"
#include "fieldbus/opcua/client.hpp"
#include "fieldbus/opcua/server.hpp"
#include "fieldbus/opcua/testing/identity.hpp"
#include "result_line.hpp"
#include "runtime/process.hpp"

namespace millrace {
namespace {

namespace fs = std::filesystem;
constexpr const char* space = "urn:bench";
constexpr std::int64_t tick_us = 100'000;
constexpr std::uint32_t ticks = 100;

std::string tag(std::uint32_t index) { return "tag-" + std::to_string(index); }

/// The child: writes every tag at 10 Hz once the client has subscribed to all, then waits to be told to end.
int serve(const opcua::Identity& identity, std::uint32_t tags, int port_out, int end_in) {
  SystemClock clock;
  Loop loop(clock);
  auto server = opcua::make_open62541_server(loop, {.port = 0, .identity = identity, .users = {{"bench", "bench"}}});
  for (std::uint32_t index = 0; index < tags; ++index) {
    server->add_variable({.namespace_uri = space, .name = tag(index), .folder = "tags", .history = false}).value();
  }
  const std::uint16_t port = server->start().value();
  if (write(port_out, &port, sizeof port) != sizeof port) return 1;
  std::vector<opcua::ServerValue> values(tags);
  std::uint32_t done = 0;
  Timer timer(loop);
  timer.every_us(tick_us, [&] {
    if (server->monitored_items() < tags || done == ticks) return;
    ++done;
    const TimeUs now_us = clock.now_us();
    for (std::uint32_t index = 0; index < tags; ++index) {
      values[index] = {.variable = index, .source_time_us = now_us, .value = std::sin(0.01 * done + index)};
    }
    server->write(values);
  });
  std::thread waiter([&] {
    char end = 0;
    [[maybe_unused]] const auto size = read(end_in, &end, 1);
    loop.stop();
  });
  loop.run();
  waiter.join();
  server->stop();
  return 0;
}

double cpu_s() { return static_cast<double>(process_cpu_us()) / 1e6; }

void measure(const fs::path& folder, std::uint32_t tags) {
  const opcua::Identity server_identity = opcua::make_identity(folder, "server");
  const opcua::Identity client_identity = opcua::make_identity(folder, "client");
  opcua::make_acquainted(server_identity, client_identity);
  int port_pipe[2], end_pipe[2];
  if (pipe(port_pipe) != 0 || pipe(end_pipe) != 0) std::exit(1);
  const pid_t child = fork();
  if (child == 0) {
    close(end_pipe[1]);
    _exit(serve(server_identity, tags, port_pipe[1], end_pipe[0]));
  }
  std::uint16_t port = 0;
  if (read(port_pipe[0], &port, sizeof port) != sizeof port) std::exit(1);

  SystemClock clock;
  Loop loop(clock);
  opcua::ClientOptions options{.endpoint_url = "opc.tcp://127.0.0.1:" + std::to_string(port),
                               .identity = client_identity,
                               .user = "bench",
                               .password = "bench"};
  auto client = opcua::make_open62541_client(loop, options);
  std::vector<opcua::Item> items;
  for (std::uint32_t index = 0; index < tags; ++index)
    items.push_back({index, std::string("nsu=") + space + ";s=" + tag(index)});
  std::uint64_t received = 0;
  std::int64_t first_us = 0, last_us = 0;
  double cpu_at_first = 0;
  const auto count = [&](std::span<const Sample> samples) {
    last_us = clock.monotonic_us();
    if (received == 0) {
      first_us = last_us;
      cpu_at_first = cpu_s();
    }
    received += samples.size();
  };
  client->start({.on_samples = count, .on_backfill = count});
  if (!client->subscribe(items)) std::exit(1);
  const std::uint64_t expected = std::uint64_t{tags} * ticks;
  std::uint64_t before = 0;
  // Until everything is there, or nothing has come for two seconds.
  loop.run_until([&] { return received > 0; }, 60'000'000);
  while (received < expected && before != received) {
    before = received;
    loop.run_until([&] { return received >= expected; }, 2'000'000);
  }
  const double cpu = cpu_s() - cpu_at_first;
  const double memory = static_cast<double>(resident_memory_bytes()) / 1e6;
  const double seconds = static_cast<double>(last_us - first_us) / 1e6 + static_cast<double>(tick_us) / 1e6;
  const std::string name = "opcua_client_" + std::to_string(tags) + "_tags_10_hz";
  const double rate = static_cast<double>(tags) * 10;
  bench::print_result(name + ".changes", static_cast<double>(received) / seconds, "1/s", "higher", rate * 0.98);
  bench::print_result(name + ".lost", static_cast<double>(expected) - static_cast<double>(received), "points", "lower",
                      0);
  bench::print_result(name + ".cpu", cpu / static_cast<double>(received) * 1e6, "CPU-s per million changes", "lower");
  bench::print_result(name + ".memory", memory, "MB", "lower");
  client->stop();
  close(end_pipe[1]);
  close(end_pipe[0]);
  int status = 0;
  waitpid(child, &status, 0);
}

/// Each size in a process of its own: the memory of one is not that of the other.
int measure_all() {
  for (const std::uint32_t tags : {5000u, 20000u}) {
    const pid_t run = fork();
    if (run == 0) {
      const fs::path folder = fs::temp_directory_path() / ("millrace-bench-" + random_id());
      measure(folder, tags);
      fs::remove_all(folder);
      std::fflush(stdout);
      _exit(0);
    }
    int status = 0;
    waitpid(run, &status, 0);
    if (status != 0) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace millrace

int main() { return millrace::measure_all(); }
