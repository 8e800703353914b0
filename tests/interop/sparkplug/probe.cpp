// Our Sparkplug sessions for the interop test: "probe host PORT" or "probe node PORT". What happens is printed as JSON
// lines; lines on standard input drive it: "rebirth NODE", "data", "stop".
#include "net/mqtt/client.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/edge_node.hpp"
#include "sparkplug/host.hpp"

#include <cmath>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

namespace {

namespace sparkplug = millrace::sparkplug;
namespace mqtt = millrace::mqtt;
using nlohmann::json;

void print(const json& line) { std::cout << line.dump() << std::endl; }

json to_json(const sparkplug::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* number = std::get_if<std::uint64_t>(&value)) return *number;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return nullptr;
}

struct Probe {
  explicit Probe(std::uint16_t port, const std::string& name)
      : client(mqtt::make_mosquitto_client(loop, {.host = "127.0.0.1", .port = port, .client_id = name})) {}

  sparkplug::Publish publish() {
    return [this](const sparkplug::Publication& out) {
      return client->publish(out.topic, out.payload, out.quality_of_service, out.retain);
    };
  }
  template <typename Session>
  void start(Session& session, std::function<void()> lost, std::function<void(const mqtt::Message&)> message) {
    client->start({.will = [&]() -> std::optional<mqtt::Will> {
                     auto testament = session.testament(clock.now_us());
                     return mqtt::Will{testament.topic, testament.payload, testament.quality_of_service,
                                       testament.retain};
                   },
                   .on_connected =
                       [&] {
                         if (!client->subscribe(session.subscriptions(), 1)) return;
                         session.on_connected(clock.now_us());
                         print({{"event", "ready"}});
                       },
                   .on_disconnected = [lost = std::move(lost)](const millrace::Error&) { lost(); },
                   .on_message = std::move(message)});
  }
  /// Lines of standard input come to the loop; "stop" ends it.
  void run(const std::function<void(const std::string&)>& on_line, const std::function<void()>& farewell) {
    std::jthread reader([&] {
      for (std::string line; std::getline(std::cin, line) && line != "stop";)
        loop.post([&on_line, line] { on_line(line); });
      loop.post([&] {
        farewell();
        client->stop();
        loop.stop();
      });
    });
    loop.run();
  }

  millrace::SystemClock clock;
  millrace::Loop loop{clock};
  std::unique_ptr<mqtt::Client> client;
};

json describe(const sparkplug::DeviceState& device, const char* what) {
  return {{"event", what}, {"node", device.node}, {"device", device.device}};
}

int run_host(std::uint16_t port) {
  Probe probe(port, "probe-host");
  auto on_birth = [](sparkplug::DeviceState& device, const sparkplug::Payload& birth, millrace::TimeUs) {
    auto line = describe(device, "birth");
    for (const auto& metric : birth.metrics) line["metrics"][metric.name] = to_json(metric.value);
    print(line);
  };
  auto on_data = [](sparkplug::DeviceState& device, std::string_view payload, millrace::TimeUs) {
    auto line = describe(device, "data");
    sparkplug::DataDecoder decoder(payload);
    for (sparkplug::DataMetric metric; decoder.next(metric);) {
      const auto* born = device.metrics.find(metric);
      if (born == nullptr) continue;
      json value;
      if (metric.kind == sparkplug::ValueKind::text) value = metric.text;
      if (metric.kind != sparkplug::ValueKind::text && !std::isnan(metric.value)) value = metric.number(born->type);
      line["metrics"][born->name] = value;
      line["times"][born->name] = metric.time_ms;
    }
    print(line);
  };
  sparkplug::Host host(
      {.host = "probe", .group = "interop"}, probe.clock,
      {.publish = probe.publish(),
       .birth = on_birth,
       .death = [](sparkplug::DeviceState& device, millrace::TimeUs) { print(describe(device, "death")); },
       .data = on_data});
  probe.start(
      host, [&] { host.on_disconnected(probe.clock.now_us()); },
      [&](const mqtt::Message& message) { host.on_message(message.topic, message.payload, probe.clock.now_us()); });
  probe.run(
      [&](const std::string& line) {
        std::istringstream words(line);
        std::string verb;
        std::string node;
        words >> verb >> node;
        if (verb == "rebirth") host.request_rebirth("interop", node, probe.clock.now_us());
      },
      [&] { host.stop(probe.clock.now_us()); });
  return 0;
}

void add_birth(std::string_view device, sparkplug::Payload& birth) {
  using sparkplug::DataType;
  if (device.empty()) return;
  auto time_ms = birth.time_ms.value_or(0);
  auto add = [&](const char* name, DataType type, sparkplug::Value value, std::optional<std::uint64_t> alias = {}) {
    birth.metrics.push_back(
        {.name = name, .alias = alias, .time_ms = time_ms, .type = type, .value = std::move(value)});
  };
  add("T24", DataType::float64, 641.82, 7);
  add("bad", DataType::float64, {}, 8);
  add("old", DataType::float64, 1.0, 9);
  add("int8", DataType::int8, std::int64_t{-5});
  add("int64", DataType::int64, std::int64_t{-5'000'000'000});
  add("uint32", DataType::uint32, std::uint64_t{4'000'000'000});
  add("float", DataType::float32, 1.5);
  add("flag", DataType::boolean, true);
  add("text", DataType::string, std::string("Grüße"));
  add("Millrace/Decision", DataType::string, std::string());
  birth.metrics.front().properties.push_back({"engUnit", DataType::string, std::string("degR")});
}

int run_node(std::uint16_t port) {
  Probe probe(port, "probe-node");
  sparkplug::EdgeNode node({.group = "interop", .node = "ours"},
                           {.publish = probe.publish(),
                            .birth = add_birth,
                            .command =
                                [](std::string_view device, const sparkplug::Payload& command) {
                                  json line{{"event", "command"}, {"device", device}};
                                  for (const auto& metric : command.metrics)
                                    line["metrics"][metric.name] = to_json(metric.value);
                                  print(line);
                                },
                            .on_born = [](bool born) { print({{"event", born ? "born" : "unborn"}}); }});
  if (!node.add_device("engine", 0)) return 1;
  probe.start(
      node, [&] { node.on_disconnected(); },
      [&](const mqtt::Message& message) { node.on_message(message.topic, message.payload, probe.clock.now_us()); });
  auto send_data = [&] {
    sparkplug::DataEncoder encoder;
    encoder.add({.alias = 7, .time_ms = 1'700'000'000'001, .value = 642.5});
    encoder.add({.alias = 8,
                 .time_ms = 1'700'000'000'002,
                 .value = std::nan(""),
                 .status = millrace::status::bad_sensor_failure});
    encoder.add({.alias = 9, .time_ms = 1'700'000'000'003, .value = 2, .is_historical = true});
    encoder.add_text("Millrace/Decision", 1'700'000'000'004, R"({"advice":"overhaul"})");
    std::string payload(encoder.bytes());
    auto sent = node.publish_data("engine", payload, probe.clock.now_us());
    print({{"event", sent ? "sent" : "refused"}});
  };
  probe.run(
      [&](const std::string& line) {
        if (line == "data") send_data();
      },
      [&] { node.stop(probe.clock.now_us()); });
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::uint16_t port = 0;
  std::istringstream(argv[2]) >> port;
  return std::string_view(argv[1]) == "host" ? run_host(port) : run_node(port);
}
