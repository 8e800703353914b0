#pragma once

// For the gateway's tests: everything real around it, an OPC UA server, two brokers, a spool on disk; the test is the
// platform and the edge.
#include "base/id.hpp"
#include "delivery/testing/assigned.hpp"
#include "fieldbus/opcua/server.hpp"
#include "fieldbus/opcua/testing/identity.hpp"
#include "gateway/gateway.hpp"
#include "gateway/testing/deciding_edge.hpp"
#include "gateway/testing/listening_platform.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "runtime/log.hpp"
#include "runtime/testing/scraped.hpp"
#include "sparkplug/time.hpp"
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
    config_.uplink.group_commit_us = 20'000;
    config_.uplink.resend_after_us = 500'000;
    auto& connection = config_.connections.emplace_back();
    connection.name = "plant";
    connection.writable = {{.node = "nsu=urn:millrace:plant;s={asset}.Advice"},
                           {.node = "nsu=urn:millrace:plant;s={asset}.Derate", .has_range = true, .low = 0, .high = 1}};
    connection.assets = {{.ids = {"engine-1", "engine-2"}, .type = "Turbofan", .tags = {"engine"}}};
    connection.opcua.user = "gateway";
    connection.opcua.password = "secret";
    connection.opcua.publishing_interval_us = 50'000;
    connection.opcua.reconnect_max_us = 300'000;
    server_options_.identity = opcua::make_identity(folder_, "server");
    connection.opcua.identity = opcua::make_identity(folder_, "client");
    opcua::make_acquainted(server_options_.identity, connection.opcua.identity);
    server_options_.port = 0;
    server_options_.users = {{"gateway", "secret"}};
    server_options_.namespaces = {plant_uri};
    start_server();
    EXPECT_TRUE(
        delivery::Assigned().use_case("watch", use_case_yaml).store(delivery::ArtifactCache(config_.directory)));
  }
  ~GatewayFlow() override {
    platform_.reset();
    stop_gateway();
    server_->stop();
    fs::remove_all(folder_);
  }

  void start_server() {
    server_ = opcua::make_open62541_server(loop_, server_options_);
    for (const auto* engine : {"engine-1", "engine-2"}) {
      for (const auto* signal : {"cycle", "T24", "Maintenance"}) {
        auto name = fmt::format("{}.{}", engine, signal);
        variables_[name] = server_->add_variable({.namespace_uri = plant_uri, .name = name, .folder = engine}).value();
      }
      for (const auto* tag : {"Advice", "Derate", "Interlock"}) {
        auto name = fmt::format("{}.{}", engine, tag);
        variables_[name] =
            server_
                ->add_variable(
                    {.namespace_uri = plant_uri, .name = name, .folder = engine, .writable = true, .history = false})
                .value();
      }
    }
    server_->on_write([this](opcua::VariableIndex variable, double value) { writes_.emplace_back(variable, value); });
    auto port = server_->start();
    ASSERT_TRUE(port) << port.error().message;
    config_.connections[0].opcua.endpoint_url = fmt::format("opc.tcp://127.0.0.1:{}", *port);
  }

  /// One row of each engine; what the platform must have in the end. `after_us` below 1000: a second reading of the
  /// newest millisecond, which the platform cannot tell by its time.
  void produce(int rows, TimeUs after_us = 10'000) {
    for (int row = 0; row < rows; ++row) {
      time_us_ += after_us;
      std::vector<opcua::ServerValue> values;
      for (const auto* engine : {"engine-1", "engine-2"}) {
        for (const auto* signal : {"cycle", "T24", "Maintenance"}) {
          auto name = fmt::format("{}.{}", engine, signal);
          values.push_back({.variable = variables_[name], .source_time_us = time_us_, .value = 600.0 + row});
          produced_.emplace(engine, signal, sparkplug::to_ms(time_us_));
        }
      }
      server_->write(values);
    }
  }

  void start_gateway() {
    auto spool = open_sqlite_spool(config_.directory / "spool.db", config_.uplink.spool, clock_.now_us());
    ASSERT_TRUE(spool) << spool.error().message;
    metrics_.emplace();
    gateway_ = std::make_unique<Gateway>(loop_, workers_, config_,
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
  std::string metric(const std::string& name) { return testing::scraped(*metrics_, name); }

  SystemClock clock_;
  Loop loop_{clock_};
  WorkerPool workers_{loop_, 1, 4};
  fs::path folder_;
  std::unique_ptr<mqtt::BrokerProcess> site_broker_, platform_broker_;
  opcua::ServerOptions server_options_;
  std::unique_ptr<opcua::Server> server_;
  std::map<std::string, opcua::VariableIndex> variables_;
  std::vector<std::pair<opcua::VariableIndex, double>> writes_;
  TimeUs time_us_ = (clock_.now_us() / 1000 - 600'000) * 1000;
  std::set<std::tuple<std::string, std::string, std::uint64_t>> produced_;
  GatewayConfig config_;
  std::optional<MetricRegistry> metrics_;
  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<Platform> platform_;
};

}  // namespace millrace
