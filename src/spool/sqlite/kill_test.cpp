// Invariant a: no acknowledged sample is lost under kill -9 at any instant.
#include "spool/sqlite/spool.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <random>

namespace millrace {
namespace {

namespace fs = std::filesystem;

std::string payload_of(std::uint64_t number) {
  std::string payload = fmt::format("batch {} ", number);
  payload.resize(20 + number * 7919 % 3000, static_cast<char>('a' + number % 26));
  return payload;
}

/// Appends and commits for ever; after each commit it tells the pipe the newest durable batch.
[[noreturn]] void write_for_ever(const fs::path& path, int pipe) {
  auto spool = open_sqlite_spool(path, {}, 1);
  if (!spool) ::_exit(1);
  for (TimeUs now = 1;; ++now) {
    std::uint64_t newest = 0;
    for (int i = 0; i <= now % 5; ++i) {
      auto stored = (*spool)->append("topic", "placeholder", 1, now);
      if (!stored) ::_exit(2);
      newest = *stored;
      // the payload depends on the number, which is known only now: a second batch carries it
      auto second = (*spool)->append("topic", payload_of(newest + 1), 1, now);
      if (!second || *second != newest + 1) ::_exit(3);
      newest = *second;
    }
    (*spool)->remember("mark", std::to_string(newest));
    if (!(*spool)->commit(now)) ::_exit(4);
    if (::write(pipe, &newest, sizeof newest) != sizeof newest) ::_exit(5);
  }
}

/// Kills the writer after `commits` messages and a moment; returns the newest batch that was told to be durable.
std::uint64_t run_and_kill(const fs::path& path, int commits, std::chrono::microseconds moment) {
  int ends[2];
  if (::pipe(ends) != 0) return 0;
  auto child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    write_for_ever(path, ends[1]);
  }
  ::close(ends[1]);
  std::uint64_t durable = 0;
  std::uint64_t told = 0;
  for (int i = 0; i < commits && ::read(ends[0], &told, sizeof told) == sizeof told; ++i) durable = told;
  auto until = std::chrono::steady_clock::now() + moment;
  while (std::chrono::steady_clock::now() < until) {
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
  while (::read(ends[0], &told, sizeof told) == sizeof told) durable = told;
  ::close(ends[0]);
  return durable;
}

TEST(InvariantA, NothingAcknowledgedIsLostUnderKillNine) {
  auto folder = fs::temp_directory_path() / fmt::format("millrace-spool-kill-{}", ::getpid());
  fs::remove_all(folder);
  std::mt19937 random(20'261'122);
  std::string epoch;
  std::uint64_t acknowledged = 0;  // by the receiver
  constexpr int kills = 120;
  for (int kill = 0; kill < kills && !::testing::Test::HasFailure(); ++kill) {
    auto durable = run_and_kill(folder / "spool.db", 1 + static_cast<int>(random() % 12),
                                std::chrono::microseconds(random() % 3000));
    ASSERT_GT(durable, 0u);
    auto spool = open_sqlite_spool(folder / "spool.db", {}, 1);
    ASSERT_TRUE(spool) << spool.error().message;
    if (epoch.empty()) epoch = (*spool)->epoch();
    ASSERT_EQ((*spool)->epoch(), epoch);
    auto batches = (*spool)->read(0, 1'000'000);
    ASSERT_TRUE(batches);
    std::uint64_t expected = acknowledged + 1;
    for (const auto& batch : *batches) {
      ASSERT_EQ(batch.number, expected++);  // each once, none missing
      ASSERT_EQ(batch.payload, batch.number % 2 == 1 ? "placeholder" : payload_of(batch.number));
    }
    ASSERT_GT(expected, durable);
    // The mark is of the same transaction as the newest batch.
    ASSERT_EQ((*spool)->recall("mark").value(), std::to_string(expected - 1));
    if (kill % 3 == 0 && expected - 1 > acknowledged) {
      ASSERT_TRUE((*spool)->acknowledge({{acknowledged + 1, expected - 1}}));
      ASSERT_TRUE((*spool)->commit(1));
      acknowledged = expected - 1;
    }
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace millrace
