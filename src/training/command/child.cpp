#include "training/command/child.hpp"

#include "base/time.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

namespace millrace {
namespace {

constexpr std::int64_t tell_every_us = 200'000;
constexpr std::size_t line_limit = 4096;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return number_; }

 private:
  int number_;
};

/// The newest whole line of a stream of bytes, and what came after it.
class LastLine {
 public:
  void add(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n') {
        if (!rest_.empty()) last_ = std::exchange(rest_, {});
      } else if (rest_.size() < line_limit) {
        rest_ += c;
      }
    }
  }
  [[nodiscard]] const std::string& whole() const { return last_; }
  [[nodiscard]] const std::string& newest() const { return rest_.empty() ? last_ : rest_; }

 private:
  std::string last_, rest_;
};

class Child {
 public:
  Child(const ChildOptions& options, int output_end) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output_end, 1);
    posix_spawn_file_actions_adddup2(&actions, output_end, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawn_file_actions_addchdir_np(&actions, options.folder.c_str());
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    // util-linux, which every Debian has: a set-user-id program gains nothing; who is killed -9 takes it along.
    std::vector<std::string> words{"/usr/bin/setpriv", "--no-new-privs", "--pdeathsig", "KILL", "/bin/sh", "-c",
                                   options.command};
    const char* path = std::getenv("PATH");
    auto variables = options.environment;
    variables.push_back(fmt::format("PATH={}", path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin"));
    for (const char* name : {"HOME", "TMPDIR"})
      variables.push_back(fmt::format("{}={}", name, options.folder.string()));
    variables.emplace_back("LANG=C.UTF-8");
    error_ = posix_spawn(&pid_, words.front().c_str(), &actions, &attributes, pointers(words).data(),
                         pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  ~Child() { (void)end(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Kills what is left of the group, before its leader's number is free for others; the leader's wait status.
  int end() {
    int status = 0;
    if (error_ != 0 || pid_ <= 0) return status;
    kill(-pid_, SIGKILL);
    waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
    return list;
  }

  pid_t pid_ = -1;
  int error_ = 0;
};

/// Reads what is there, 256 KiB at most so that a flood of output delays nothing; false at the end of the stream.
bool drain(int output, LastLine& line) {
  std::array<char, 4096> block{};
  for (int turn = 0; turn < 64; ++turn) {
    const auto count = read(output, block.data(), block.size());
    if (count > 0) line.add({block.data(), static_cast<std::size_t>(count)});
    if (count == 0) return false;
    if (count < 0) return errno == EAGAIN || errno == EINTR;
  }
  return true;
}

Result<void> outcome_of(int status, const std::string& last_line) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const auto how =
      WIFEXITED(status) ? fmt::format("exit code {}", WEXITSTATUS(status)) : fmt::format("signal {}", WTERMSIG(status));
  return fail(ErrorCode::invalid_argument, fmt::format("the training command ended with {}: {}", how, last_line));
}

}  // namespace

Result<void> run_child(const ChildOptions& options, const ChildListener& listener) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail(ErrorCode::exhausted, "no pipe for the training command");
  const Descriptor output(ends[0]);
  fcntl(output.get(), F_SETFL, O_NONBLOCK);
  Child child(options, ends[1]);
  close(ends[1]);
  if (child.error() != 0) {
    return fail(ErrorCode::internal,
                fmt::format("the training command does not start: {}", std::strerror(child.error())));
  }
  // By its number: glibc 2.36 declares pidfd_open for C only.
  const Descriptor process(static_cast<int>(syscall(SYS_pidfd_open, child.pid(), 0)));
  if (process.get() < 0) return fail(ErrorCode::exhausted, "no descriptor for the training command");
  const SystemClock clock;
  const auto end_us = clock.monotonic_us() + options.time_limit_us;
  auto tell_us = clock.monotonic_us() + tell_every_us;
  LastLine line;
  std::array<pollfd, 2> waits{{{process.get(), POLLIN, 0}, {output.get(), POLLIN, 0}}};
  for (;;) {
    poll(waits.data(), waits.size(), static_cast<int>(tell_every_us / 1000));
    if (waits[1].revents != 0 && !drain(output.get(), line)) waits[1].fd = -1;  // its output is closed; it may go on
    if (waits[0].revents != 0) break;
    const auto now_us = clock.monotonic_us();
    if (now_us >= end_us) {
      return fail(ErrorCode::timed_out, fmt::format("the training command ran longer than its limit of {} s: {}",
                                                    options.time_limit_us / 1'000'000, line.newest()));
    }
    if (now_us < tell_us) continue;
    tell_us = now_us + tell_every_us;
    if (!listener(line.whole())) return fail(ErrorCode::unavailable, "training was stopped");
  }
  (void)drain(output.get(), line);
  if (!listener(line.newest())) return fail(ErrorCode::unavailable, "training was stopped");
  return outcome_of(child.end(), line.newest());
}

}  // namespace millrace
