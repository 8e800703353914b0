#include "uplink/uplink.hpp"

#include "base/id.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "spool/sqlite/spool.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace millrace {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::int64_t patience_us = 20'000'000;

/// The machine's clock; people may set its wall clock.
class SettableClock final : public Clock {
 public:
  [[nodiscard]] TimeUs now_us() const override { return clock_.now_us() + set_by_us; }
  [[nodiscard]] std::int64_t monotonic_us() const override { return clock_.monotonic_us(); }
  std::int64_t set_by_us = 0;

 private:
  SystemClock clock_;
};

/// An uplink to a broker, with a spool of its own.
class UplinkTest : public testing::Test {
 protected:
  UplinkTest() : folder_(fs::temp_directory_path() / ("millrace-uplink-" + random_id())) {}
  ~UplinkTest() override {
    if (uplink_) uplink_->stop();
    uplink_.reset();
    fs::remove_all(folder_);
  }
  void start(mqtt::ClientOptions options, std::int64_t resend_after_us = 10'000'000) {
    auto spool = open_sqlite_spool(folder_ / "spool.db", {}, clock_.now_us());
    ASSERT_TRUE(spool) << spool.error().message;
    uplink_ = std::make_unique<Uplink>(
        loop_, std::move(*spool), mqtt::make_mosquitto_client(loop_, std::move(options)),
        UplinkOptions{.site = "plant", .node = "gateway", .resend_after_us = resend_after_us},
        Uplink::Handlers{.birth = [this](std::string_view, sparkplug::Payload& birth) { describe(birth); },
                         .on_problem = [this](const Error& why) { problems_.push_back(why.message); }});
    ASSERT_TRUE(uplink_->start());
  }
  void describe(sparkplug::Payload& birth) const {
    for (int i = 0; i < metrics_; ++i)
      birth.metrics.push_back({.name = fmt::format("signal with a name {}", i), .type = sparkplug::DataType::float64});
  }
  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, patience_us); }

  SettableClock clock_;
  Loop loop_{clock_};
  fs::path folder_;
  int metrics_ = 0;  ///< of each device
  std::vector<std::string> problems_;
  std::unique_ptr<Uplink> uplink_;
};

TEST_F(UplinkTest, says_why_the_broker_takes_no_connection) {
  auto broker = mqtt::BrokerProcess::start({.tls = true}).value();
  auto options = broker->client_options("gateway");
  options.credentials = broker->issue("gateway", -1).value();
  start(options);
  ASSERT_TRUE(wait([&] { return !problems_.empty(); }));
  EXPECT_THAT(problems_.front(), HasSubstr("no connection: "));
  EXPECT_THAT(problems_.front(), HasSubstr("expired"));
  EXPECT_THAT(problems_.front(), HasSubstr(".pem"));
}

TEST_F(UplinkTest, says_it_once_when_a_connection_breaks) {
  auto broker = mqtt::BrokerProcess::start({}).value();
  start(broker->client_options("gateway"));
  ASSERT_TRUE(wait([&] { return uplink_->connected(); }));
  EXPECT_TRUE(problems_.empty());
  broker->kill();
  ASSERT_TRUE(wait([&] { return !uplink_->connected(); }));
  EXPECT_THAT(problems_, testing::ElementsAre(HasSubstr(std::to_string(broker->port()))));
}

TEST_F(UplinkTest, more_births_than_the_connection_takes_at_once_go_on_when_it_has_sent_some) {
  auto broker = mqtt::BrokerProcess::start({}).value();
  auto options = broker->client_options("gateway");
  options.outgoing_limit_bytes = 64 * 1024;
  metrics_ = 100;
  start(options);
  for (int i = 0; i < 100; ++i) uplink_->add_device(fmt::format("engine-{}", i));
  ASSERT_TRUE(wait([&] { return uplink_->connected(); }));
  problems_.clear();
  auto host = mqtt::make_mosquitto_client(loop_, broker->client_options("host"));
  sparkplug::Payload wish;
  wish.metrics.push_back(sparkplug::boolean_metric("Node Control/Rebirth", true, 1));
  host->start({.on_connected = [&] {
    EXPECT_TRUE(host->publish("spBv1.0/plant/NCMD/gateway", sparkplug::encode(wish), 0, false));
  }});
  ASSERT_TRUE(wait([&] { return !uplink_->connected(); }));  // the births are made while a message is read
  EXPECT_TRUE(wait([&] { return uplink_->connected(); }));
  EXPECT_THAT(problems_, testing::ElementsAre(HasSubstr("births wait")));
  host->stop();
}

TEST_F(UplinkTest, sends_again_what_nobody_acknowledged_though_the_clock_was_set_back) {
  auto broker = mqtt::BrokerProcess::start({}).value();
  start(broker->client_options("gateway"), 100'000);
  uplink_->add_device("engine");
  ASSERT_TRUE(uplink_->add({.device = "engine", .metrics = "", .points = 1}));
  ASSERT_TRUE(wait([&] { return uplink_->counters().batches_sent == 1; }));
  clock_.set_by_us = -3'600'000'000;
  EXPECT_TRUE(wait([&] { return uplink_->counters().batches_sent_again > 0; }));
}

}  // namespace
}  // namespace millrace
