#pragma once

// For the gateway's tests: everything real around it, an OPC UA server, two brokers, a spool on disk; the test is the
// platform and the edge.
#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/id.hpp"
#include "fieldbus/opcua/server.hpp"
#include "gateway/gateway.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "net/tls/certificate.hpp"
#include "runtime/log.hpp"
#include "sparkplug/data_encoder.hpp"
#include "sparkplug/names.hpp"
#include "spool/sqlite/spool.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>

namespace millrace {

namespace fs = std::filesystem;
namespace names = sparkplug::names;

inline constexpr std::int64_t patience_us = 30'000'000;
inline constexpr const char* plant_uri = "urn:millrace:plant";
inline constexpr const char* use_case_yaml = R"(
use_case: watch
title: Watch two engines
owner: operations-manager
outcome: {kpi: unplanned_failures_per_1000_cycles, baseline: {policy: run_to_failure, measured: 4.9}, target: -20 %}
assets: {type: Turbofan, select: {site: "*", tag: engine}}
signals:
  - {name: cycle, role: clock, opcua: "nsu=urn:millrace:plant;s={asset}.cycle"}
  - {name: T24, quantity: temperature, unit: degR, opcua: "nsu=urn:millrace:plant;s={asset}.T24", range: [500, 700]}
  - name: Maintenance
    role: work_order
    opcua: "nsu=urn:millrace:plant;s={asset}.Maintenance"
    codes: {1: overhaul, 2: failure}
features: {window: {size: 10, step: 1, unit: samples}, each: [last, mean]}
model:
  task: regression
  output: rul
  unit: cycles
  label: {remaining_useful_life: {until: work_order.failure, cap: 125}}
  trainer: {gbdt: {rounds: 10, depth: 3, learning_rate: 0.1}}
  split: by_asset
  gates: {rmse: "<= 15"}
decision:
  when: rul < 20
  hold: 3
  then:
    work_order: {priority: high, text: "Overhaul within {rul} cycles"}
    write: {opcua: "nsu=urn:millrace:plant;s={asset}.Advice", value: 1}
  mode: advisory
  timeout: {after: 5 s, then: no_advice}
)";

/// Listens like the platform: Sparkplug host, drops repeated batches, acknowledges when told to.
class Platform {
 public:
  Platform(Loop& loop, const mqtt::ClientOptions& options)
      : loop_(loop),
        client_(mqtt::make_mosquitto_client(loop, options)),
        host_({.host = "platform", .group = "plant"},
              {.publish =
                   [this](const sparkplug::Publication& out) {
                     return client_->publish(out.topic, out.payload, out.quality_of_service, out.retain);
                   },
               .data = [this](sparkplug::DeviceState& device, std::string_view payload,
                              TimeUs) { on_data(device, payload); }}) {
    client_->start({.will = [this]() -> std::optional<mqtt::Will> {
                      auto testament = host_.testament(loop_.clock().now_us());
                      return mqtt::Will{testament.topic, testament.payload, 1, testament.retain};
                    },
                    .on_connected =
                        [this] {
                          (void)client_->subscribe(host_.subscriptions(), 1);
                          host_.on_connected(loop_.clock().now_us());
                        },
                    .on_disconnected = [this](const Error&) { host_.on_disconnected(loop_.clock().now_us()); },
                    .on_message =
                        [this](const mqtt::Message& message) {
                          host_.on_message(message.topic, message.payload, loop_.clock().now_us());
                        }});
  }
  ~Platform() { stop(); }
  void stop() {
    if (!client_) return;
    host_.stop(loop_.clock().now_us());
    client_->stop();
    client_.reset();
  }

  bool acknowledges = true;
  std::set<std::tuple<std::string, std::string, std::uint64_t>> points;  ///< asset, signal, time
  std::uint64_t repeated_points = 0, repeated_batches = 0, historical = 0;
  std::vector<std::string> decisions;
  std::vector<SpoolGap> gaps;
  sparkplug::BatchSet held;
  std::set<std::string> epochs;

 private:
  void on_data(sparkplug::DeviceState& device, std::string_view payload) {
    std::string epoch;
    std::optional<std::uint64_t> batch;
    std::vector<std::tuple<std::string, std::string, std::uint64_t>> found;
    sparkplug::DataDecoder decoder(payload);
    for (sparkplug::DataMetric metric; decoder.next(metric);) {
      const auto* born = device.metrics.find(metric);
      ASSERT_NE(born, nullptr) << metric.alias;
      if (born->name == names::epoch) {
        epoch = metric.text;
      } else if (born->name == names::batch) {
        batch = metric.bits;
      } else if (born->name == names::decision) {
        pending_decisions_.emplace_back(metric.text);
      } else if (born->name == names::gap) {
        gaps.push_back(parse_gap(metric.text).value());
      } else {
        historical += metric.is_historical ? 1 : 0;
        found.emplace_back(device.device, born->name, metric.time_ms);
      }
    }
    ASSERT_TRUE(batch);
    epochs.insert(epoch);
    if (held.contains(*batch)) {
      ++repeated_batches;
    } else {
      held.add(*batch);
      for (auto& point : found) repeated_points += points.insert(std::move(point)).second ? 0 : 1;
      for (auto& decision : pending_decisions_) decisions.push_back(std::move(decision));
    }
    pending_decisions_.clear();
    if (!acknowledges) return;
    sparkplug::Payload ack;
    ack.metrics.push_back(sparkplug::text_metric(std::string(names::epoch), epoch, 1));
    ack.metrics.push_back(sparkplug::text_metric(std::string(names::acked), held.to_text(), 1));
    (void)host_.command("plant", "gateway", {}, std::move(ack), loop_.clock().now_us());
  }

  Loop& loop_;
  std::unique_ptr<mqtt::Client> client_;
  sparkplug::Host host_;
  std::vector<std::string> pending_decisions_;
};

class GatewayFlow : public ::testing::Test {
 protected:
  GatewayFlow() : folder_(fs::temp_directory_path() / ("millrace-gateway-" + random_id())) {
    set_up_log({.process = "gateway", .level = LogLevel::error});
    site_broker_ = mqtt::BrokerProcess::start({}).value();
    platform_broker_ = mqtt::BrokerProcess::start({}).value();
    config_.site = "plant";
    config_.node = "gateway";
    config_.directory = folder_ / "gateway";
    config_.site_broker = {"127.0.0.1", site_broker_->port()};
    config_.platform_broker = {"127.0.0.1", platform_broker_->port()};
    config_.edges = {"edge-1"};
    config_.group_commit_us = 20'000;
    config_.resend_after_us = 500'000;
    auto& connection = config_.connections.emplace_back();
    connection.name = "plant";
    connection.assets = {{.ids = {"engine-1", "engine-2"}, .type = "Turbofan", .tags = {"engine"}}};
    connection.opcua.user = "gateway";
    connection.opcua.password = "secret";
    connection.opcua.publishing_interval_us = 50'000;
    connection.opcua.reconnect_max_us = 300'000;
    make_identity("server", server_options_.identity);
    make_identity("client", connection.opcua.identity);
    fs::copy(folder_ / "server.pem", folder_ / "client-trusted" / "server.pem");
    fs::copy(folder_ / "client.pem", folder_ / "server-trusted" / "client.pem");
    server_options_.port = 0;
    server_options_.users = {{"gateway", "secret"}};
    server_options_.namespaces = {plant_uri};
    start_server();
    auto hash = sha256_hex(use_case_yaml);
    EXPECT_TRUE(write_file(config_.directory / "use-cases" / (hash + ".yaml"), use_case_yaml));
    EXPECT_TRUE(write_file(
        config_.directory / "use-cases" / "assignment.json",
        fmt::format(R"({{"revision":"1","use_cases":[{{"name":"watch","version":"1","sha256":"{}"}}],"models":[]}})",
                    hash)));
  }
  ~GatewayFlow() override {
    platform_.reset();
    stop_gateway();
    server_->stop();
    fs::remove_all(folder_);
  }

  void make_identity(const std::string& name, opcua::Identity& identity) {
    identity.application_uri = "urn:millrace:test:" + name;
    auto pair = tls::make_self_signed(
        {.common_name = name, .uris = {identity.application_uri}, .key = tls::KeyKind::rsa_2048, .valid_days = 30},
        clock_.now_us());
    ASSERT_TRUE(pair);
    identity.certificate = folder_ / (name + ".pem");
    identity.key = folder_ / (name + ".key");
    ASSERT_TRUE(write_file(identity.certificate, pair->certificate_pem));
    ASSERT_TRUE(write_file(identity.key, pair->key_pem, FileMode::secret));
    identity.trusted = folder_ / (name + "-trusted");
    identity.rejected = folder_ / (name + "-rejected");
    fs::create_directories(identity.trusted);
  }

  void start_server() {
    server_ = opcua::make_open62541_server(loop_, server_options_);
    for (const auto* engine : {"engine-1", "engine-2"}) {
      for (const auto* signal : {"cycle", "T24", "Maintenance"}) {
        auto name = fmt::format("{}.{}", engine, signal);
        variables_[name] = server_->add_variable({.namespace_uri = plant_uri, .name = name, .folder = engine}).value();
      }
      auto name = fmt::format("{}.Advice", engine);
      variables_[name] =
          server_
              ->add_variable(
                  {.namespace_uri = plant_uri, .name = name, .folder = engine, .writable = true, .history = false})
              .value();
    }
    server_->on_write([this](opcua::VariableIndex variable, double value) { writes_.emplace_back(variable, value); });
    auto port = server_->start();
    ASSERT_TRUE(port) << port.error().message;
    config_.connections[0].opcua.endpoint_url = fmt::format("opc.tcp://127.0.0.1:{}", *port);
  }

  /// One row of each engine; what the platform must have in the end.
  void produce(int rows) {
    for (int row = 0; row < rows; ++row) {
      time_ms_ += 10;
      std::vector<opcua::ServerValue> values;
      for (const auto* engine : {"engine-1", "engine-2"}) {
        for (const auto* signal : {"cycle", "T24", "Maintenance"}) {
          auto name = fmt::format("{}.{}", engine, signal);
          values.push_back({.variable = variables_[name],
                            .source_time_us = static_cast<TimeUs>(time_ms_) * 1000,
                            .value = 600.0 + row});
          produced_.emplace(engine, signal, time_ms_);
        }
      }
      server_->write(values);
    }
  }

  void start_gateway() {
    auto spool = open_sqlite_spool(config_.directory / "spool.db", config_.spool, clock_.now_us());
    ASSERT_TRUE(spool) << spool.error().message;
    metrics_.emplace();
    gateway_ = std::make_unique<Gateway>(loop_, config_,
                                         GatewayPorts{.spool = std::move(*spool),
                                                      .make_mqtt_client = mqtt::make_mosquitto_client,
                                                      .make_opcua_client = opcua::make_open62541_client},
                                         *metrics_);
    ASSERT_TRUE(gateway_->start());
  }
  void stop_gateway() {
    if (gateway_) gateway_->stop();
    gateway_.reset();
  }
  void start_platform(bool acknowledges = true) {
    if (!platform_) platform_ = std::make_unique<Platform>(loop_, platform_broker_->client_options("platform"));
    platform_->acknowledges = acknowledges;
  }
  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, patience_us); }
  bool wait_for_all() {
    return wait([&] { return platform_->points.size() >= produced_.size(); });
  }
  void expect_exactly_once() {
    EXPECT_EQ(platform_->points, produced_);
    EXPECT_EQ(platform_->repeated_points, 0u);
    EXPECT_EQ(platform_->epochs.size(), 1u);
  }
  std::string metric(const std::string& name) {
    auto text = metrics_->scrape();
    auto at = text.find("\n" + name + " ");
    return at == std::string::npos ? ""
                                   : text.substr(at + name.size() + 2, text.find('\n', at + 1) - at - name.size() - 2);
  }

  SystemClock clock_;
  Loop loop_{clock_};
  fs::path folder_;
  std::unique_ptr<mqtt::BrokerProcess> site_broker_, platform_broker_;
  opcua::ServerOptions server_options_;
  std::unique_ptr<opcua::Server> server_;
  std::map<std::string, opcua::VariableIndex> variables_;
  std::vector<std::pair<opcua::VariableIndex, double>> writes_;
  std::uint64_t time_ms_ = static_cast<std::uint64_t>(clock_.now_us() / 1000) - 600'000;
  std::set<std::tuple<std::string, std::string, std::uint64_t>> produced_;
  GatewayConfig config_;
  std::optional<MetricRegistry> metrics_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<Platform> platform_;
};

/// An edge node at the site's broker that decides, and hears the gateway.
class Edge {
 public:
  Edge(Loop& loop, mqtt::BrokerProcess& broker)
      : loop_(loop),
        client_(mqtt::make_mosquitto_client(loop, broker.client_options("edge-1"))),
        node_({.group = "plant", .node = "edge-1"},
              {.publish =
                   [this](const sparkplug::Publication& out) {
                     return client_->publish(out.topic, out.payload, out.quality_of_service, out.retain);
                   },
               .birth =
                   [](std::string_view device, sparkplug::Payload& birth) {
                     if (device.empty()) return;
                     for (auto name : {names::decision, names::epoch}) {
                       birth.metrics.push_back({.name = std::string(name), .type = sparkplug::DataType::string});
                     }
                     birth.metrics.push_back({.name = std::string(names::batch), .type = sparkplug::DataType::uint64});
                   },
               .command =
                   [this](std::string_view, const sparkplug::Payload& command) {
                     const auto* acked = command.find(names::acked);
                     if (acked != nullptr) acknowledged.push_back(std::get<std::string>(acked->value));
                   }}) {
    EXPECT_TRUE(node_.add_device("engine-1", 1));
    client_->start({.will = [this]() -> std::optional<mqtt::Will> {
                      auto testament = node_.testament(loop_.clock().now_us());
                      return mqtt::Will{testament.topic, testament.payload, 1, false};
                    },
                    .on_connected =
                        [this] {
                          auto filters = node_.subscriptions();
                          filters.emplace_back("spBv1.0/plant/+/gateway/#");
                          (void)client_->subscribe(filters, 1);
                          node_.on_connected(loop_.clock().now_us());
                        },
                    .on_disconnected = [this](const Error&) { node_.on_disconnected(); },
                    .on_message =
                        [this](const mqtt::Message& message) {
                          if (node_.on_message(message.topic, message.payload, loop_.clock().now_us())) return;
                          auto topic = sparkplug::parse_topic(message.topic);
                          if (!topic || topic->type != sparkplug::MessageType::ddata) return;
                          sparkplug::DataDecoder decoder(message.payload);
                          for (sparkplug::DataMetric metric; decoder.next(metric);) {
                            ++(metric.is_historical ? historical : live);
                          }
                        }});
  }
  ~Edge() {
    node_.stop(loop_.clock().now_us());
    client_->stop();
  }
  void decide(const std::string& advice, std::uint64_t batch) {
    auto now_ms = static_cast<std::uint64_t>(loop_.clock().now_us() / 1000);
    sparkplug::DataEncoder encoder;
    encoder.add_text(
        names::decision, now_ms,
        fmt::format(R"({{"decision_id":"{}","use_case":"watch","asset":"engine-1","advice":"{}"}})", batch, advice));
    std::string payload(encoder.bytes());
    sparkplug::append_text(payload, names::epoch, "edge-epoch", now_ms);
    sparkplug::append_unsigned(payload, names::batch, batch, now_ms);
    ASSERT_TRUE(node_.publish_data("engine-1", payload, loop_.clock().now_us()));
  }
  void ask_for_replay(std::uint64_t from_ms) {
    sparkplug::Payload wish;
    wish.metrics.push_back(sparkplug::unsigned_metric(std::string(names::replay), from_ms, from_ms));
    ASSERT_TRUE(client_->publish("spBv1.0/plant/NCMD/gateway", sparkplug::encode(wish), 0, false));
  }
  [[nodiscard]] bool born() const { return node_.born(); }
  std::vector<std::string> acknowledged;
  std::uint64_t live = 0, historical = 0;

 private:
  Loop& loop_;
  std::unique_ptr<mqtt::Client> client_;
  sparkplug::EdgeNode node_;
};

}  // namespace millrace
