#include "base/file.hpp"
#include "net/mqtt/client.hpp"
#include "net/mqtt/mosquitto/outgoing.hpp"
#include "net/mqtt/testing/broker_process.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <set>

namespace millrace::mqtt {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kLimitUs = 20'000'000;

/// A client that writes down what happens to it.
struct Recorder {
  Recorder(Loop& loop, ClientOptions options) : client(make_mosquitto_client(loop, std::move(options))) {}
  void start(std::vector<std::string> filters = {}, std::function<std::optional<Will>()> will = {}) {
    client->start({.will = std::move(will),
                   .on_connected =
                       [this, filters] {
                         ++connections;
                         if (filters.empty()) return;
                         EXPECT_TRUE(client->subscribe(filters, 1));
                       },
                   .on_disconnected = [this](const Error& why) { failures.push_back(why); },
                   .on_message =
                       [this](const Message& message) {
                         messages.emplace_back(std::string(message.topic), std::string(message.payload));
                       },
                   .on_refused = [this](const Error& why) { refusals.push_back(why); }});
  }
  std::unique_ptr<Client> client;
  std::vector<std::pair<std::string, std::string>> messages;
  std::vector<Error> failures, refusals;
  int connections = 0;
};

class MosquittoTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override { begin({.tls = GetParam()}); }
  void begin(BrokerProcess::Options options) {
    auto broker = BrokerProcess::start(std::move(options));
    ASSERT_TRUE(broker) << broker.error().message;
    broker_ = std::move(*broker);
  }
  bool wait(const std::function<bool()>& done) { return loop_.run_until(done, kLimitUs); }

  SystemClock clock_;
  Loop loop_{clock_};
  std::unique_ptr<BrokerProcess> broker_;
};

TEST_P(MosquittoTest, message_goes_round_in_both_qualities) {
  Recorder one(loop_, broker_->client_options("one"));
  one.start({"a/#"});
  ASSERT_TRUE(wait([&] { return one.client->connected(); }));
  std::string large(300'000, 'x');
  EXPECT_TRUE(one.client->publish("a/0", "zero", 0, false));
  EXPECT_TRUE(one.client->publish("a/1", "one", 1, false));
  EXPECT_TRUE(one.client->publish("a/large", large, 1, false));
  EXPECT_TRUE(wait([&] { return one.messages.size() == 3; }));
  EXPECT_THAT(one.messages, testing::UnorderedElementsAre(testing::Pair("a/0", "zero"), testing::Pair("a/1", "one"),
                                                          testing::Pair("a/large", large)));
  EXPECT_TRUE(wait([&] { return one.client->outgoing_bytes() == 0; }));
}

TEST_P(MosquittoTest, publishing_inside_a_callback_answers_at_once) {
  Recorder asker(loop_, broker_->client_options("asker"));
  auto answerer = make_mosquitto_client(loop_, broker_->client_options("answerer"));
  bool ready = false;
  answerer->start({.on_connected = [&] { ready = answerer->subscribe({"question"}, 0).has_value(); },
                   .on_message =
                       [&](const Message& m) {
                         EXPECT_TRUE(answerer->publish("answer", std::string(m.payload) + "!", 0, false));
                       }});
  asker.start({"answer"});
  ASSERT_TRUE(wait([&] { return ready && asker.client->connected(); }));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(asker.client->publish("question", std::to_string(i), 0, false));
  EXPECT_TRUE(wait([&] { return asker.messages.size() == 100; }));
  EXPECT_EQ(asker.messages.back().second, "99!");
}

TEST_P(MosquittoTest, burst_that_came_while_nobody_looked_is_read_to_its_end) {
  for (const std::int64_t pause_us : {0, 2'000}) {
    Loop own(clock_);
    auto options = broker_->client_options("late");
    options.receive_pause_us = pause_us;
    Recorder late(own, options);
    Recorder prompt(loop_, broker_->client_options("prompt"));
    late.start({"burst"});
    prompt.start({"burst"});
    ASSERT_TRUE(wait([&] { return prompt.client->connected(); }));
    ASSERT_TRUE(own.run_until([&] { return late.client->connected(); }, kLimitUs));
    EXPECT_TRUE(late.client->publish("burst", "subscribed", 0, false));
    ASSERT_TRUE(own.run_until([&] { return late.messages.size() == 1; }, kLimitUs));
    ASSERT_TRUE(wait([&] { return prompt.messages.size() == 1; }));
    // More than one wake-up takes; the rest fits into what the TLS layer has read ahead, so the socket is empty then.
    constexpr std::size_t count = 600;
    for (std::size_t i = 1; i < count; ++i) EXPECT_TRUE(prompt.client->publish("burst", std::to_string(i), 0, false));
    ASSERT_TRUE(wait([&] { return prompt.messages.size() == count; }));
    EXPECT_TRUE(own.run_until([&] { return late.messages.size() == count; }, kLimitUs)) << late.messages.size();
    EXPECT_EQ(late.messages, prompt.messages);
  }
}

TEST_P(MosquittoTest, will_is_asked_anew_for_each_connection_and_sent_when_the_process_dies) {
  Recorder watcher(loop_, broker_->client_options("watcher"));
  watcher.start({"death/#", "birth"});
  ASSERT_TRUE(wait([&] { return watcher.client->connected(); }));
  auto options = broker_->client_options("mortal");
  pid_t mortal = ::fork();
  if (mortal == 0) {  // a process of its own, so that it can die without a word
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    SystemClock clock;
    Loop loop(clock);
    auto client = make_mosquitto_client(loop, options);
    client->start({.will = [] { return Will{.topic = "death/mortal", .payload = "7"}; },
                   .on_connected = [&] { static_cast<void>(client->publish("birth", "7", 1, false).has_value()); }});
    loop.run();
  }
  ASSERT_GT(mortal, 0);
  EXPECT_TRUE(wait([&] { return !watcher.messages.empty(); }));
  ::kill(mortal, SIGKILL);
  ::waitpid(mortal, nullptr, 0);
  EXPECT_TRUE(wait([&] { return watcher.messages.size() == 2; }));
  EXPECT_EQ(watcher.messages.back(), std::make_pair(std::string("death/mortal"), std::string("7")));
}

TEST_P(MosquittoTest, stop_takes_leave_so_that_no_will_is_sent_and_nothing_queued_is_lost) {
  Recorder watcher(loop_, broker_->client_options("watcher"));
  watcher.start({"will", "data"});
  auto leaver = make_mosquitto_client(loop_, broker_->client_options("leaver"));
  leaver->start({.will = [] { return Will{.topic = "will", .payload = "must not be seen"}; }});
  ASSERT_TRUE(wait([&] { return watcher.client->connected() && leaver->connected(); }));
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(leaver->publish("data", std::string(1000, 'x'), 0, false));
  leaver->stop();
  EXPECT_FALSE(leaver->connected());
  ASSERT_TRUE(wait([&] { return watcher.messages.size() >= 1000; }));
  EXPECT_TRUE(watcher.client->publish("data", "last", 0, false));
  ASSERT_TRUE(wait([&] { return watcher.messages.back().second == "last"; }));
  EXPECT_EQ(watcher.messages.size(), 1001u);
}

TEST_P(MosquittoTest, comes_back_after_the_broker_restarts_with_a_new_will) {
  Recorder one(loop_, broker_->client_options("one"));
  int wills = 0;
  one.start({"a"}, [&] { return Will{.topic = "will", .payload = std::to_string(++wills)}; });
  ASSERT_TRUE(wait([&] { return one.connections == 1; }));
  broker_->kill();
  ASSERT_TRUE(wait([&] { return !one.client->connected() && one.failures.size() >= 2; }));
  EXPECT_EQ(one.client->publish("a", "b", 0, false).error().code, ErrorCode::unavailable);
  EXPECT_THAT(one.failures[0].message, HasSubstr(std::to_string(broker_->port())));
  ASSERT_TRUE(broker_->restart());
  ASSERT_TRUE(wait([&] { return one.connections == 2; }));
  EXPECT_GE(wills, 2);
  EXPECT_TRUE(one.client->publish("a", "again", 0, false));
  EXPECT_TRUE(wait([&] { return one.messages.size() == 1; }));
}

TEST_P(MosquittoTest, refuses_beyond_its_bound_and_takes_more_when_the_broker_does) {
  auto options = broker_->client_options("one");
  options.outgoing_limit_bytes = 1 << 20;
  Recorder one(loop_, options);
  one.start();
  ASSERT_TRUE(wait([&] { return one.client->connected(); }));
  broker_->pause();
  std::string payload(100'000, 'x');
  Result<void> outcome;
  for (int i = 0; i < 1000 && outcome; ++i) outcome = one.client->publish("a", payload, 0, false);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::exhausted);
  EXPECT_LE(one.client->outgoing_bytes(), 1u << 20);
  EXPECT_GT(one.client->outgoing_bytes(), 0u);
  broker_->resume();
  EXPECT_TRUE(wait([&] { return one.client->outgoing_bytes() == 0; }));
  EXPECT_TRUE(one.client->publish("a", payload, 0, false));
}

TEST_P(MosquittoTest, what_is_larger_than_the_bound_goes_alone) {
  auto options = broker_->client_options("one");
  options.outgoing_limit_bytes = 1000;
  Recorder one(loop_, options);
  one.start();
  ASSERT_TRUE(wait([&] { return one.client->connected() && one.client->outgoing_bytes() == 0; }));
  EXPECT_TRUE(one.client->publish("a", std::string(5000, 'x'), 1, false));
  EXPECT_EQ(one.client->publish("a", "y", 0, false).error().code, ErrorCode::exhausted);
  EXPECT_TRUE(wait([&] { return one.client->outgoing_bytes() == 0; }));
  EXPECT_TRUE(one.client->publish("a", "y", 0, false));
}

TEST_P(MosquittoTest, bad_topic_is_an_error_and_no_disconnect) {
  Recorder one(loop_, broker_->client_options("one"));
  one.start();
  ASSERT_TRUE(wait([&] { return one.client->connected(); }));
  EXPECT_EQ(one.client->publish("a/#", "x", 0, false).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(one.client->subscribe({"a/#/b"}, 0).error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(one.client->connected());
}

TEST_P(MosquittoTest, a_client_stops_inside_its_own_callback) {
  auto client = make_mosquitto_client(loop_, broker_->client_options("one"));
  int messages = 0;
  client->start({.on_connected =
                     [&] {
                       ASSERT_TRUE(client->subscribe({"a"}, 0));
                       for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->publish("a", "x", 0, false));
                     },
                 .on_message =
                     [&](const Message&) {
                       ++messages;
                       client->stop();
                     }});
  ASSERT_TRUE(wait([&] { return messages > 0 && !client->connected(); }));
  EXPECT_EQ(messages, 1);
}

INSTANTIATE_TEST_SUITE_P(plain_and_tls, MosquittoTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "tls" : "plain"; });

class MosquittoTlsTest : public MosquittoTest {
 protected:
  void SetUp() override {}
};

TEST_F(MosquittoTlsTest, expired_own_certificate_is_one_clear_error) {
  begin({.tls = true});
  auto options = broker_->client_options("edge-1");
  options.credentials = *broker_->issue("edge-1", -5);
  Recorder one(loop_, options);
  one.start();
  ASSERT_TRUE(wait([&] { return !one.failures.empty(); }));
  EXPECT_EQ(one.failures[0].code, ErrorCode::failed_precondition);
  EXPECT_THAT(one.failures[0].message, testing::AllOf(HasSubstr("'edge-1'"), HasSubstr("expired on")));
}

TEST_F(MosquittoTlsTest, renewed_certificate_counts_at_the_next_connection_and_a_broken_one_does_not) {
  begin({.tls = true});
  auto options = broker_->client_options("edge-1");
  options.credentials = *broker_->issue("edge-1", -5);
  Recorder one(loop_, options);
  one.start();
  ASSERT_TRUE(wait([&] { return !one.failures.empty(); }));
  ASSERT_TRUE(broker_->issue("edge-1"));
  ASSERT_TRUE(wait([&] { return one.connections == 1; }));
  ASSERT_TRUE(write_file(options.credentials->certificate, "half a certif"));
  ASSERT_TRUE(broker_->restart());
  EXPECT_TRUE(wait([&] { return one.connections == 2; }));
}

TEST_F(MosquittoTlsTest, expired_broker_certificate_is_one_clear_error) {
  begin({.tls = true, .certificate_days = -5});
  Recorder one(loop_, broker_->client_options("edge-1"));
  one.start();
  ASSERT_TRUE(wait([&] { return !one.failures.empty(); }));
  EXPECT_EQ(one.failures[0].code, ErrorCode::unauthenticated);
  EXPECT_THAT(one.failures[0].message, testing::AllOf(HasSubstr("'broker'"), HasSubstr("has expired")));
}

TEST_F(MosquittoTlsTest, stranger_is_refused_and_the_same_reason_is_told_once) {
  begin({.tls = true});
  auto elsewhere = BrokerProcess::start({.tls = true});
  ASSERT_TRUE(elsewhere);
  auto options = broker_->client_options("stranger");
  auto foreign = *(*elsewhere)->issue("stranger");
  options.credentials->certificate = foreign.certificate;
  options.credentials->key = foreign.key;
  Recorder one(loop_, options);
  int attempts = 0;
  one.start({}, [&] {
    ++attempts;
    return std::nullopt;
  });
  ASSERT_TRUE(wait([&] { return attempts >= 4; }));
  EXPECT_EQ(one.connections, 0);
  std::set<std::string> reasons;  // the alert of TLS 1.3 races with the reset of the connection: one of two reasons
  for (const auto& failure : one.failures) EXPECT_TRUE(reasons.insert(failure.message).second) << failure.message;
  EXPECT_LE(reasons.size(), 2u);
}

TEST_F(MosquittoTlsTest, no_broker_and_no_such_host_are_clear_errors) {
  begin({.tls = false});
  auto options = broker_->client_options("one");
  broker_->stop();
  Recorder nobody(loop_, options);
  nobody.start();
  ASSERT_TRUE(wait([&] { return !nobody.failures.empty(); }));
  EXPECT_EQ(nobody.failures[0].code, ErrorCode::unavailable);
  EXPECT_THAT(nobody.failures[0].message, HasSubstr("127.0.0.1:" + std::to_string(broker_->port())));
}

constexpr int kCannotTry = 77;

/// A process of its own with an /etc/hosts of its own; that takes a right which containers may withhold.
int reach_by_a_name_of_two_addresses(const BrokerProcess& broker, ClientOptions options) {
  const auto hosts = (broker.folder() / "hosts").string();
  if (!write_file(hosts, "::1 localhost\n127.0.0.1 localhost\n")) return 2;
  const bool is_apart = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
  if (!is_apart || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kCannotTry;
  if (::mount(hosts.c_str(), "/etc/hosts", nullptr, MS_BIND, nullptr) != 0) return kCannotTry;
  SystemClock clock;
  Loop loop(clock);
  options.host = "localhost";
  Recorder one(loop, options);
  one.start();
  const bool is_reached = loop.run_until([&] { return one.connections == 1; }, kLimitUs);
  for (const auto& failure : one.failures) std::fprintf(stderr, "told: %s\n", failure.message.c_str());
  return is_reached && one.failures.empty() ? 0 : 1;
}

// Debian's /etc/hosts gives localhost two addresses, ::1 first; a broker may listen at the other alone.
TEST_F(MosquittoTlsTest, a_name_of_two_addresses_is_tried_at_both) {
  begin({.tls = true});
  const auto options = broker_->client_options("one");
  const pid_t child = ::fork();
  if (child == 0) ::_exit(reach_by_a_name_of_two_addresses(*broker_, options));
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kCannotTry) GTEST_SKIP() << "no right to give a process an /etc/hosts of its own";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(OutgoingBytesTest, counts_both_qualities_apart) {
  OutgoingBytes outgoing;
  outgoing.add_unacknowledged(10);
  outgoing.add_acknowledged(5, 100);
  outgoing.add_unacknowledged(20);
  EXPECT_EQ(outgoing.bytes(), 130u);
  outgoing.done(5);
  EXPECT_EQ(outgoing.bytes(), 30u);
  outgoing.done(6);
  EXPECT_EQ(outgoing.bytes(), 20u);
  outgoing.undo_unacknowledged();
  EXPECT_EQ(outgoing.bytes(), 0u);
  outgoing.done(9);
  EXPECT_EQ(outgoing.bytes(), 0u);
}

}  // namespace
}  // namespace millrace::mqtt
