#pragma once

#include "base/id.hpp"
#include "fieldbus/opcua/client.hpp"
#include "fieldbus/opcua/server.hpp"
#include "fieldbus/opcua/testing/identity.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace millrace::opcua {

namespace fs = std::filesystem;

inline constexpr std::int64_t patience_us = 20'000'000;
inline constexpr const char* plant = "urn:millrace:plant";

/// One server and one client that know each other, each with its certificate, in a folder of its own.
class OpcUa : public ::testing::Test {
 protected:
  OpcUa() : folder_(fs::temp_directory_path() / ("millrace-opcua-" + random_id())) {
    server_options_.identity = make_identity(folder_, "server");
    client_options_.identity = make_identity(folder_, "client");
    make_acquainted(server_options_.identity, client_options_.identity);
    server_options_.port = 0;
    server_options_.users = {{"gateway", "secret"}};
    server_options_.namespaces = {plant};
    client_options_.user = "gateway";
    client_options_.password = "secret";
    client_options_.publishing_interval_us = 50'000;
    client_options_.retry_unresolved_us = 100'000;
    client_options_.reconnect_max_us = 300'000;
  }
  ~OpcUa() override {
    if (client_) client_->stop();
    if (server_) server_->stop();
    fs::remove_all(folder_);
  }

  void start_server() {
    if (!server_) server_ = make_open62541_server(loop_, server_options_);
    const auto port = server_->start();
    ASSERT_TRUE(port) << port.error().message;
    client_options_.endpoint_url = "opc.tcp://127.0.0.1:" + std::to_string(*port);
  }

  VariableIndex variable(const std::string& name, ValueType type = ValueType::float64, bool writable = false) {
    if (!server_) server_ = make_open62541_server(loop_, server_options_);
    return server_
        ->add_variable({.namespace_uri = plant, .name = name, .folder = "engine", .type = type, .writable = writable})
        .value();
  }

  static std::string node(const std::string& name) { return std::string("nsu=") + plant + ";s=" + name; }

  void start_client(const std::vector<Item>& items) {
    client_ = make_open62541_client(loop_, client_options_);
    const auto keep = [this](std::span<const Sample> samples) {
      for (const Sample& sample : samples) {
        samples_.push_back(sample);
        marks_[sample.signal] = std::max(marks_[sample.signal], sample.source_time_us);
      }
    };
    client_->start({.on_samples = keep,
                    .on_backfill = keep,
                    .mark = [this](SignalIndex signal) { return marks_[signal]; },
                    .on_state =
                        [this](ConnectionState state, const std::string& text) {
                          connected_ = state == ConnectionState::connected;
                          said_.push_back(text);
                        },
                    .on_unresolved = [this](const std::vector<Unresolved>& list) { unresolved_.push_back(list); },
                    .on_notice = [this](const std::string& text) { said_.push_back(text); }});
    ASSERT_TRUE(client_->subscribe(items));
  }

  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, patience_us); }
  bool wait_subscribed(std::size_t items) {
    return wait([&] { return server_->monitored_items() >= items; });
  }
  std::string said() const {
    std::string all;
    for (const std::string& text : said_) all += text + "\n";
    return all;
  }
  /// Every time is there once and in order.
  void expect_times(SignalIndex signal, const std::vector<TimeUs>& expected) {
    std::vector<TimeUs> got;
    for (const Sample& sample : samples_) {
      if (sample.signal == signal) got.push_back(sample.source_time_us);
    }
    EXPECT_EQ(got, expected) << said();
  }

  SystemClock clock_;
  Loop loop_{clock_};
  fs::path folder_;
  ServerOptions server_options_;
  ClientOptions client_options_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
  std::vector<Sample> samples_;
  std::map<SignalIndex, TimeUs> marks_;
  std::vector<std::string> said_;
  std::vector<std::vector<Unresolved>> unresolved_;
  bool connected_ = false;
};

}  // namespace millrace::opcua
