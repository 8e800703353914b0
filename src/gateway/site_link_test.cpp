#include "gateway/site_link.hpp"

#include "net/mqtt/testing/broker_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

TEST(SiteLink, SaysOfBothConnectionsWhyTheyFail) {
  SystemClock clock;
  Loop loop{clock};
  auto broker = mqtt::BrokerProcess::start({.tls = true}).value();
  const auto client = [&](const std::string& id) {
    auto options = broker->client_options(id);
    options.credentials = broker->issue("gateway", -1).value();
    return mqtt::make_mosquitto_client(loop, options);
  };
  std::vector<std::string> problems;
  SiteLink link(loop, client("gateway"), client("gateway-host"),
                {.site = "plant", .node = "gateway", .edges = {"edge-1"}},
                {.birth = [](std::string_view, sparkplug::Payload&) {},
                 .on_message = [](const EdgeMessage&) {},
                 .on_problem = [&](const Error& why) { problems.push_back(why.message); }});
  link.start();
  ASSERT_TRUE(loop.run_until([&] { return problems.size() >= 2; }, 20'000'000));
  link.stop();
  EXPECT_THAT(problems, Contains(AllOf(HasSubstr("no connection: "), HasSubstr("expired"), HasSubstr(".pem"))));
  EXPECT_THAT(problems, Contains(AllOf(HasSubstr("to hear the edges"), HasSubstr("expired"), HasSubstr(".pem"))));
}

}  // namespace
}  // namespace millrace
