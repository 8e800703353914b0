#include "training/command/child.hpp"

#include "base/file.hpp"
#include "base/id.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

namespace millrace {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct ChildTest : testing::Test {
  fs::path folder = fs::temp_directory_path() / ("child-" + random_id());
  std::string newest;

  ChildTest() { fs::create_directories(folder); }
  ~ChildTest() override { fs::remove_all(folder); }
  Result<void> run(const std::string& command, std::int64_t limit_us = 60'000'000) {
    return run_child({command, folder, {"GIVEN=yes"}, limit_us}, [&](const std::string& line) {
      newest = line;
      return true;
    });
  }
  std::string written(const char* name) { return read_file(folder / name).value_or("nothing"); }
};

TEST_F(ChildTest, SeesWhatItIsGivenAndNothingOfOurs) {
  ASSERT_EQ(setenv("MILLRACE_TEST_SECRET", "hidden", 1), 0);
  const int ours = open("/dev/null", O_RDONLY);  // without CLOEXEC, as some libraries open theirs
  const auto ended =
      run("env > environment; pwd > folder; ls /proc/self/fd > descriptors; "
          "grep NoNewPrivs /proc/self/status > privileges");
  close(ours);
  ASSERT_TRUE(ended) << ended.error().message;
  const auto environment = written("environment");
  EXPECT_THAT(environment, HasSubstr("GIVEN=yes\n"));
  EXPECT_THAT(environment, HasSubstr("HOME=" + folder.string() + "\n"));
  EXPECT_THAT(environment, testing::Not(HasSubstr("MILLRACE_TEST_SECRET")));
  EXPECT_EQ(written("folder"), fs::canonical(folder).string() + "\n");
  EXPECT_EQ(written("descriptors"), "0\n1\n2\n3\n") << "3 is the folder that ls reads";
  EXPECT_THAT(written("privileges"), HasSubstr("1"));
}

TEST_F(ChildTest, TellsItsLastLineAndHowItEnded) {
  EXPECT_TRUE(run("echo first; echo last"));
  EXPECT_EQ(newest, "last");
  EXPECT_EQ(run("echo no such module >&2; exit 3").error().message,
            "the training command ended with exit code 3: no such module");
  EXPECT_EQ(run("printf unfinished; kill -TERM $$").error().message,
            "the training command ended with signal 15: unfinished");
}

TEST_F(ChildTest, KeepsNoMoreThanALineOfAFlood) {
  EXPECT_TRUE(run("head -c 30000000 /dev/zero | tr '\\0' x"));
  EXPECT_EQ(newest, std::string(4096, 'x'));
}

TEST_F(ChildTest, StopsAtItsLimitWithAllItStarted) {
  const auto fifo = folder / "alive";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const int alive = open(fifo.c_str(), O_RDONLY | O_NONBLOCK);
  const auto ended = run("exec 3> alive; echo working; cat /dev/zero > /dev/null & wait", 500'000);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::timed_out);
  EXPECT_THAT(ended.error().message, HasSubstr("working"));
  fcntl(alive, F_SETFL, 0);
  char byte = 0;
  EXPECT_EQ(read(alive, &byte, 1), 0) << "ends when the last of them is gone";
  close(alive);
}

TEST_F(ChildTest, DoesNotWaitForWhatItLeavesBehind) {
  EXPECT_TRUE(run("cat /dev/zero > /dev/null & echo done", 60'000'000));
  EXPECT_TRUE(run("exec > /dev/null 2>&1; true")) << "closed its output before its end";
}

}  // namespace
}  // namespace millrace
