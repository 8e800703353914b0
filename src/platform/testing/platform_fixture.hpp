#pragma once

#include "platform/platform.hpp"

#include "base/file.hpp"
#include "base/id.hpp"
#include "net/http/client.hpp"
#include "net/tls/certificate.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <future>
#include <thread>

namespace millrace::testing {

/// The real thing: servers, lake and metadata in a folder of their own; the loop runs on a thread, as in the process.
struct PlatformTest : ::testing::Test {
  using json = nlohmann::json;
  std::filesystem::path folder = std::filesystem::temp_directory_path() / ("platform-" + random_id());
  SystemClock clock;
  Loop loop{clock};
  std::unique_ptr<Platform> platform;
  std::thread thread;
  tls::KeyPair authority;
  std::string token;

  explicit PlatformTest(PlatformConfig::Training training = {}) {
    authority = *tls::make_authority("test authority", "millrace", clock.now_us());
    PlatformConfig config;
    config.directory = folder / "platform";
    config.data_source = "recorded: test";
    config.console = {.port = 0,
                      .token_file = folder / "api-token",
                      .login_file = folder / "login-token",
                      .run_file = folder / "run.json"};
    config.device_api.port = 0;
    config.devices = {{"edge-1", "site-1"}, {"edge-2", "site-2"}};
    config.broker.port = 0;
    config.training = training;
    config.lake.keep_us = {{"kpis", 400 * 86'400'000'000}};
    config.credentials = credentials("platform");
    auto opened = Platform::open(loop, config);
    EXPECT_TRUE(opened) << opened.error().message;
    platform = std::move(*opened);
    const auto started = platform->start();
    EXPECT_TRUE(started) << started.error().message;
    token = *read_file(folder / "api-token");
    token.pop_back();
    thread = std::thread([this] { loop.run(); });
  }

  ~PlatformTest() override {
    loop.post([this] {
      platform->stop();
      loop.stop();
    });
    thread.join();
    platform.reset();
    std::filesystem::remove_all(folder);
  }

  Credentials credentials(const std::string& name) {
    const Credentials paths{folder / "ca.pem", folder / (name + ".pem"), folder / (name + ".key")};
    const auto pair = tls::issue_certificate(authority, {.common_name = name}, clock.now_us());
    EXPECT_TRUE(tls::write_credentials(paths, *pair, authority.certificate_pem));
    return paths;
  }

  http::Response ask(const std::string& method, const std::string& target, std::string body = {},
                     std::string type = "application/json") {
    http::Headers headers{{"authorization", "Bearer " + token}};
    if (!body.empty()) headers["content-type"] = std::move(type);
    const auto answer = http::fetch({.base_url = fmt::format("http://127.0.0.1:{}", platform->console_port())}, method,
                                    target, std::move(body), std::move(headers));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(http::Response{.status = 0});
  }
  json get(const std::string& target) { return parsed(ask("GET", target)); }
  json post(const std::string& target, std::string body, std::string type = "application/json") {
    return parsed(ask("POST", target, std::move(body), std::move(type)));
  }
  static json parsed(const http::Response& response) {
    EXPECT_LT(response.status, 300) << response.body;
    return json::parse(response.body, nullptr, false);
  }

  http::Response ask_as(const std::string& device, const std::string& method, const std::string& target,
                        std::string body = {}, http::Headers headers = {}) {
    const auto answer = http::fetch(
        {.base_url = fmt::format("https://localhost:{}", platform->device_port()), .credentials = credentials(device)},
        method, target, std::move(body), std::move(headers));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer.value_or(http::Response{.status = 0});
  }

  /// A pump that lasts 40 to 64 cycles, whose vibration tells how many are left.
  static std::string use_case_file(const std::string& site = "*", const std::string& name = "pump-care") {
    return fmt::format(R"(use_case: {}
title: Service a pump before it fails
owner: operations-manager
outcome:
  kpi: unplanned_failures_per_1000_cycles
  baseline: {{policy: run_to_failure, measured: 20}}
  target: -20 %
assets: {{type: Pump, select: {{site: "{}", tag: pump}}}}
signals:
  - {{name: vibration, quantity: velocity, unit: m/s, range: [0, 100]}}
  - {{name: cycle, role: clock}}
features:
  window: {{size: 5, step: 1, unit: samples}}
  each: [last, mean]
model:
  task: regression
  label: {{remaining_useful_life: {{until: work_order.failure, cap: 50}}}}
  trainer: {{gbdt: {{rounds: 50, depth: 3, learning_rate: 0.2}}}}
  split: by_asset
  gates: {{rmse: "<= 15", parity_with_trainer: 1e-5}}
decision:
  when: rul < 10
  hold: 2
  then: {{work_order: {{priority: high, text: "Service within {{rul}} cycles"}}}}
  mode: advisory
)",
                       name, site);
  }

  void import_history() {
    std::string samples = "asset,time,cycle,vibration\n", orders = "asset,time,kind,clock,remaining_life\n";
    for (int pump = 1; pump <= 12; ++pump) {
      const int life = 38 + 2 * pump;
      for (int cycle = 1; cycle <= life; ++cycle) {
        samples += fmt::format("pump-{},2026-01-01T00:{:02}:{:02}Z,{},{}\n", pump, cycle / 60, cycle % 60, cycle,
                               60 - (life - cycle));
      }
      orders += fmt::format("pump-{},2026-01-01T00:{:02}:{:02}Z,failure,{},0\n", pump, life / 60, life % 60, life);
    }
    EXPECT_EQ(post("/api/v1/data/import?use_case=pump-care&site=history", samples, "text/csv")["rows"], 12 * 51);
    EXPECT_EQ(post("/api/v1/data/import?use_case=pump-care&site=history&kind=work_orders", orders, "text/csv")["rows"],
              12);
  }

  json wait_for_job(const std::string& id) {
    const auto end_us = clock.monotonic_us() + 60'000'000;
    for (;;) {
      auto job = get("/api/v1/jobs/" + id);
      if (job["state"] == "done" || job["state"] == "failed" || clock.monotonic_us() > end_us) return job;
      std::this_thread::yield();
    }
  }

  void store(LakeCommit rows) {
    std::promise<bool> stored;
    loop.post([&] {
      platform->services().intake.store(std::move(rows),
                                        [&](const Result<void>& outcome) { stored.set_value(outcome.has_value()); });
    });
    EXPECT_TRUE(stored.get_future().get());
  }
};

}  // namespace millrace::testing
