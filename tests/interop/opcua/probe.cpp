// An OPC UA client for the interop tests: reads its settings from a JSON file, prints what it receives as JSON lines,
// and takes "write NODE VALUE" from standard input until that ends.
#include <cmath>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "fieldbus/opcua/client.hpp"

namespace {

using millrace::Sample;
using nlohmann::json;
namespace opcua = millrace::opcua;

void print(const json& line) { std::cout << line.dump() << std::endl; }

opcua::ClientOptions read_options(const json& settings) {
  opcua::ClientOptions options;
  const auto text = [&](const char* key) { return settings.value(key, std::string()); };
  options.endpoint_url = text("url");
  options.security_policy = opcua::parse_security_policy(text("policy")).value();
  options.identity = {text("application_uri"), text("certificate"), text("key"), text("trusted"), text("rejected")};
  options.user = text("user");
  options.password = text("password");
  options.user_certificate = text("user_certificate");
  options.user_key = text("user_key");
  options.publishing_interval_us = settings.value("publishing_ms", 100) * 1000;
  options.sampling_interval_us = settings.value("sampling_ms", 0) * 1000;
  options.queue_size = settings.value("queue_size", 100u);
  options.keep_alive_us = settings.value("keep_alive_ms", 1000) * 1000;
  options.keep_alive_margin_us = settings.value("margin_ms", 1000) * 1000;
  options.reconnect_max_us = 500'000;
  options.retry_unresolved_us = 500'000;
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const json settings = json::parse(std::ifstream(argv[1]));
  millrace::SystemClock clock;
  millrace::Loop loop(clock);
  const auto client = opcua::make_open62541_client(loop, read_options(settings));
  std::vector<millrace::TimeUs> marks(settings["items"].size());
  const auto show = [&](std::span<const Sample> samples, bool backfill) {
    for (const Sample& sample : samples) {
      marks[sample.signal] = std::max(marks[sample.signal], sample.source_time_us);
      print({{"sample", sample.signal},
             {"source_us", sample.source_time_us},
             {"server_us", sample.server_time_us},
             {"value", std::isnan(sample.value) ? json() : json(sample.value)},
             {"status", sample.status},
             {"backfill", backfill}});
    }
  };
  client->start(
      {.on_samples = [&](std::span<const Sample> samples) { show(samples, false); },
       .on_backfill = [&](std::span<const Sample> samples) { show(samples, true); },
       .mark = [&](millrace::SignalIndex signal) { return marks[signal]; },
       .on_state =
           [](opcua::ConnectionState state, const std::string& text) {
             print({{"state", state == opcua::ConnectionState::connected ? "connected" : "lost"}, {"text", text}});
           },
       .on_unresolved =
           [](const std::vector<opcua::Unresolved>& items) {
             json list = json::array();
             for (const auto& item : items) list.push_back({{"node", item.node}, {"reason", item.reason}});
             print({{"unresolved", list}});
           },
       .on_notice = [](const std::string& text) { print({{"notice", text}}); }});
  std::vector<opcua::Item> items;
  for (const json& node : settings["items"]) items.push_back({static_cast<millrace::SignalIndex>(items.size()), node});
  if (const auto subscribed = client->subscribe(items); !subscribed) print({{"error", subscribed.error().message}});
  std::thread commands([&] {
    std::string line;
    while (std::getline(std::cin, line)) {
      std::istringstream words(line);
      std::string command, node;
      double value = 0;
      words >> command >> node >> value;
      client->write(node, value, [](const millrace::Result<double>& outcome) {
        print({{"written", outcome.has_value()}, {"text", outcome ? "" : outcome.error().message}});
      });
    }
    loop.stop();
  });
  loop.run();
  commands.join();
  client->stop();
  const auto counters = client->counters();
  print({{"counters",
          {{"overflows", counters.overflows},
           {"sessions", counters.sessions},
           {"watchdog", counters.watchdog_teardowns},
           {"backfilled", counters.backfilled_samples},
           {"live", counters.live_samples}}}});
  return 0;
}
