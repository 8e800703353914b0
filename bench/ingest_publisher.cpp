#include "ingest_publisher.hpp"

#include "ingest_load.hpp"
#include "spool/sqlite/spool.hpp"
#include "uplink/uplink.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace millrace::bench {
namespace {

constexpr std::size_t ahead_bytes = 4u << 20;  ///< less than the uplink keeps in memory: nothing is read back

}  // namespace

int publish(std::uint16_t port, std::uint64_t messages, std::size_t points_per_message,
            const std::filesystem::path& folder) {
  SystemClock clock;
  Loop loop(clock);
  IngestLoad load(points_per_message);
  auto spool = open_sqlite_spool(folder / "spool.sqlite", {.limit_bytes = 4ull << 30}, clock.now_us());
  if (!spool) {
    fmt::print(stderr, "bench_ingest: {}\n", spool.error().message);
    return 1;
  }
  auto client = mqtt::make_mosquitto_client(
      loop, {.host = "127.0.0.1",
             .port = port,
             .client_id = IngestLoad::node,
             .credentials = Credentials{folder / "ca.pem", folder / "gateway.pem", folder / "gateway.key"}});
  Uplink uplink(loop, std::move(*spool), std::move(client),
                {.site = IngestLoad::site, .node = IngestLoad::node, .primary_host = "platform"},
                {.birth = [&](std::string_view device, sparkplug::Payload& birth) { load.describe(device, birth); }});
  for (int engine = 0; engine < IngestLoad::engines; ++engine) uplink.add_device(IngestLoad::name(engine));
  if (const auto started = uplink.start(); !started) {
    fmt::print(stderr, "bench_ingest: {}\n", started.error().message);
    return 1;
  }
  std::uint64_t next = 0;
  const std::uint64_t ahead = ahead_bytes / load.metrics(0).size();
  Timer timer(loop);
  timer.every_us(1'000, [&] {
    while (next < messages && next < uplink.counters().batches_sent + ahead) {
      if (!uplink.add({.device = IngestLoad::name(IngestLoad::engine_of(next)),
                       .metrics = std::string(load.metrics(next)),
                       .points = points_per_message})) {
        return;
      }
      ++next;
    }
  });
  loop.on_signal([&](int) { loop.stop(); });
  loop.run();
  uplink.stop();
  return 0;
}

}  // namespace millrace::bench
