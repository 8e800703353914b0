// How many messages a second our MQTT client sends and receives through a real Mosquitto on this machine, plain TCP.
// Prints one JSON object a line. The broker is one thread and shares the cores, so the rate is the whole chain's.
#include "net/mqtt/client.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "runtime/process.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>

namespace millrace {
namespace {

constexpr int kMessages = 300'000;
constexpr std::int64_t kLimitUs = 120'000'000;

void print(std::string_view name, double value, std::string_view unit, std::string_view better) {
  fmt::print(
      "{{\"name\": \"{}\", \"value\": {:.6g}, \"unit\": \"{}\", \"better\": \"{}\", \"target\": null, \"peer\": "
      "null}}\n",
      name, value, unit, better);
}

/// Sends `kMessages` as fast as the client takes them. Returns false when they did not all come back.
bool run(Loop& loop, mqtt::BrokerProcess& broker, int quality_of_service, std::size_t payload_bytes) {
  auto sender = mqtt::make_mosquitto_client(loop, broker.client_options("sender"));
  auto receiver = mqtt::make_mosquitto_client(loop, broker.client_options("receiver"));
  int received = 0, sent = 0;
  bool subscribed = false;
  receiver->start({.on_connected = [&] { subscribed = receiver->subscribe({"bench"}, quality_of_service).has_value(); },
                   .on_message = [&](const mqtt::Message&) { ++received; }});
  sender->start({});
  if (!loop.run_until([&] { return subscribed && sender->connected(); }, kLimitUs)) return false;
  std::string payload(payload_bytes, 'x');
  auto started = std::chrono::steady_clock::now();
  auto cpu_us = process_cpu_us();
  Timer pump(loop);
  pump.every_us(200, [&] {
    for (int i = 0; i < 2000 && sent < kMessages && sent - received < 20'000; ++i, ++sent) {
      if (!sender->publish("bench", payload, quality_of_service, false)) break;
    }
  });
  if (!loop.run_until([&] { return received == kMessages; }, kLimitUs)) return false;
  auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  auto cpu_per_message_us = static_cast<double>(process_cpu_us() - cpu_us) / kMessages;
  auto label = fmt::format("MQTT client and broker, QoS {}, {} bytes", quality_of_service, payload_bytes);
  print(label, kMessages / seconds, "messages/s", "higher");
  print(label + ", our processor time", cpu_per_message_us, "us/message", "lower");
  sender->stop();
  receiver->stop();
  return true;
}

}  // namespace
}  // namespace millrace

int main() {
  auto broker = millrace::mqtt::BrokerProcess::start({});
  if (!broker) {
    fmt::print(stderr, "{}\n", broker.error().message);
    return 1;
  }
  millrace::SystemClock clock;
  millrace::Loop loop(clock);
  return millrace::run(loop, **broker, 0, 256) && millrace::run(loop, **broker, 1, 256) ? 0 : 1;
}
