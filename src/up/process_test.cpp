#include "up/process.hpp"

#include "base/file.hpp"
#include "base/id.hpp"

#include <gtest/gtest.h>
#include <signal.h>

namespace millrace {
namespace {

class SupervisorTest : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(folder_); }
  ProcessSpec shell(std::string name, std::string script) {
    return {std::move(name), {"sh", "-c", std::move(script)}, folder_ / "process.log", {}};
  }
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("millrace-up-" + random_id());
  SystemClock clock_;
  Loop loop_{clock_};
};

TEST_F(SupervisorTest, starts_in_order_and_waits_for_readiness) {
  auto first =
      shell("first", "mkdir -p " + folder_.string() + "; touch " + (folder_ / "up").string() + "; exec sleep 60");
  first.ready = [this] { return std::filesystem::exists(folder_ / "up"); };
  auto second = shell("second", "test -e " + (folder_ / "up").string() + " && exec sleep 60");
  Supervisor supervisor(loop_, {first, second});
  bool ready = false;
  supervisor.start([&] { ready = true; }, [](const Error& error) { FAIL() << error.message; });
  ASSERT_TRUE(loop_.run_until([&] { return ready; }, 10'000'000));
  for (auto& status : supervisor.status()) EXPECT_GT(status.pid, 0) << status.name;
  supervisor.stop();
  for (auto& status : supervisor.status()) EXPECT_EQ(status.pid, 0) << status.name;
}

TEST_F(SupervisorTest, starts_a_killed_process_again) {
  Supervisor supervisor(loop_, {shell("worker", "exec sleep 60")});
  supervisor.start([] {}, [](const Error& error) { FAIL() << error.message; });
  auto first = supervisor.status()[0].pid;
  ::kill(first, SIGKILL);
  ASSERT_TRUE(loop_.run_until([&] { return supervisor.status()[0].restarts == 1; }, 10'000'000));
  EXPECT_NE(supervisor.status()[0].pid, first);
}

TEST_F(SupervisorTest, gives_up_one_that_never_starts_and_quotes_its_last_words) {
  auto broken = shell("broken", "echo 'no such config'; exit 1");
  broken.ready = [] { return false; };
  Supervisor supervisor(loop_, {broken});
  std::string message;
  supervisor.start([] {}, [&](const Error& error) { message = error.message; });
  ASSERT_TRUE(loop_.run_until([&] { return !message.empty(); }, 20'000'000));
  EXPECT_NE(message.find("no such config"), std::string::npos);
}

}  // namespace
}  // namespace millrace
