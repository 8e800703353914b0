#include "uplink/uplink.hpp"

#include "base/id.hpp"
#include "net/mqtt/testing/broker_process.hpp"
#include "spool/sqlite/spool.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace millrace {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::int64_t patience_us = 20'000'000;

/// An uplink to a broker, with a spool of its own.
class UplinkTest : public testing::Test {
 protected:
  UplinkTest() : folder_(fs::temp_directory_path() / ("millrace-uplink-" + random_id())) {}
  ~UplinkTest() override {
    if (uplink_) uplink_->stop();
    uplink_.reset();
    fs::remove_all(folder_);
  }
  void start(mqtt::ClientOptions options) {
    auto spool = open_sqlite_spool(folder_ / "spool.db", {}, clock_.now_us());
    ASSERT_TRUE(spool) << spool.error().message;
    uplink_ = std::make_unique<Uplink>(
        loop_, std::move(*spool), mqtt::make_mosquitto_client(loop_, std::move(options)),
        UplinkOptions{.site = "plant", .node = "gateway"},
        Uplink::Handlers{.on_problem = [this](const Error& why) { problems_.push_back(why.message); }});
    ASSERT_TRUE(uplink_->start());
  }
  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, patience_us); }

  SystemClock clock_;
  Loop loop_{clock_};
  fs::path folder_;
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

}  // namespace
}  // namespace millrace
