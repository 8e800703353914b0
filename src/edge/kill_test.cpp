// Invariant a, at the edge: kill -9 at any instant, and every row is decided and stored exactly once.
#include "edge/service.hpp"
#include "edge/testing/fake_site.hpp"
#include "runtime/log.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <set>
#include <string>

namespace millrace {
namespace {

constexpr std::int64_t limit_us = 60'000'000;
constexpr const char* folder_variable = "MILLRACE_EDGE_FOLDER";
constexpr const char* port_variable = "MILLRACE_EDGE_BROKER_PORT";
constexpr const char* platform_variable = "MILLRACE_EDGE_PLATFORM";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// What the child process runs: an edge until it is killed.
TEST(EdgeKill, DISABLED_an_edge_until_it_is_killed) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  set_up_log({.process = "edge", .level = LogLevel::error});
  EdgeConfig config{.site = "plant-1", .node = "edge-1", .directory = variable(folder_variable)};
  const std::string port = variable(port_variable);
  config.site_broker.host = "127.0.0.1";
  std::from_chars(port.data(), port.data() + port.size(), config.site_broker.port);
  config.platform_url = variable(platform_variable);
  config.poll_us = 20'000;
  config.uplink.group_commit_us = 30'000;
  config.uplink.resend_after_us = 300'000;
  SystemClock clock;
  Loop loop(clock);
  WorkerPool workers(loop, 1, 16);
  auto ports = make_edge_ports(loop, config);
  ASSERT_TRUE(ports) << ports.error().message;
  EdgeService edge(loop, workers, config, std::move(*ports));
  ASSERT_TRUE(edge.start());
  loop.run();
}

/// This very program again, as an edge.
pid_t start_child() {
  const auto child = ::fork();
  if (child == 0) {
    ::execl("/proc/self/exe", "edge", "--gtest_also_run_disabled_tests",
            "--gtest_filter=EdgeKill.DISABLED_an_edge_until_it_is_killed", nullptr);
    ::_exit(127);
  }
  return child;
}

void kill_child(pid_t child) {
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the edge ended by itself with " << WEXITSTATUS(status);
}

TEST(EdgeKill, InvariantA_every_row_is_decided_and_stored_once_under_kill_nine) {
  std::string pattern = (std::filesystem::temp_directory_path() / "millrace-edge-kill-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  SystemClock clock;
  Loop loop(clock);
  const auto broker = mqtt::BrokerProcess::start({}).value();
  testing::FakePlatform platform(loop);
  platform.assign(testing::sample_files(10, 100), 1);
  testing::Gateway gateway(loop, broker->client_options("gateway"));
  gateway.repeats = true;
  ::setenv(folder_variable, folder.c_str(), 1);
  ::setenv(port_variable, std::to_string(broker->port()).c_str(), 1);
  ::setenv(platform_variable, platform.url().c_str(), 1);

  std::mt19937 random(20'261'122);
  int cycle = 0;
  auto stored = [&] {
    std::map<double, int> times;
    for (const auto& decision : gateway.stored) times[decision.clock] += decision.advice != "no_advice" ? 1 : 0;
    return times;
  };
  auto child = start_child();
  // An edge that has stored nothing yet asks for nothing: the first row is told until it is decided.
  ASSERT_TRUE(
      loop.run_until([&] { return gateway.born() && (gateway.row(1, 90), !gateway.stored.empty()); }, limit_us));
  cycle = 1;
  constexpr int kills = 15;
  for (int kill = 0; kill < kills; ++kill) {
    const auto until_us = clock.monotonic_us() + static_cast<std::int64_t>(random() % 150'000);
    auto next_us = clock.monotonic_us();
    const auto seen = gateway.decisions.size();
    ASSERT_TRUE(loop.run_until(
        [&] {
          if (clock.monotonic_us() >= next_us) gateway.row(++cycle, 90), next_us += 1'000;
          return clock.monotonic_us() > until_us && gateway.decisions.size() > seen;
        },
        limit_us));
    kill_child(child);
    for (int i = 0; i < 5; ++i) gateway.row(++cycle, 90);  // while it is away
    child = start_child();
  }
  const auto rows = static_cast<std::size_t>(cycle);
  EXPECT_TRUE(loop.run_until([&] { return stored().size() >= rows; }, limit_us)) << stored().size() << " of " << rows;
  kill_child(child);
  for (const auto& [clock_value, times] : stored()) EXPECT_EQ(times, 1) << "row " << clock_value;
  std::set<std::string> ids;
  for (const auto& decision : gateway.stored) ids.insert(decision.decision_id);
  for (const auto& told : gateway.decisions) EXPECT_TRUE(ids.contains(told.decision_id)) << "row " << told.clock;
  EXPECT_TRUE(gateway.gaps.empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace millrace
