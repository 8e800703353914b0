#include "up/process.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace millrace {

namespace {
constexpr std::int64_t check_period_us = 50'000;
constexpr std::int64_t restart_delay_max_us = 5'000'000;
constexpr std::int64_t stop_limit_us = 10'000'000;
constexpr int attempts_before_ready = 5;
/// Reaps the child when it ends within the time; false when it does not.
bool wait_for_end(pid_t pid, std::int64_t limit_us) {
  int file =
      static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // readable when the process has ended (pidfd_open(2))
  pollfd watched{.fd = file, .events = POLLIN, .revents = 0};
  bool ended = ::poll(&watched, 1, static_cast<int>(std::max<std::int64_t>(limit_us, 0) / 1000)) > 0;
  if (file >= 0) ::close(file);
  if (ended) ::waitpid(pid, nullptr, 0);
  return ended;
}

}  // namespace

struct Supervisor::Child {
  ProcessSpec spec;
  pid_t pid = 0;
  int starts = 0;
  int starts_unready = 0;
  bool ready = false;
  std::int64_t next_start_us = 0;
  std::int64_t restart_delay_us = 200'000;
};

std::string last_lines(const std::filesystem::path& file, std::size_t count) {
  auto text = read_file(file).value_or("");
  std::size_t position = text.size();
  while (count > 0 && position > 0) {
    position = text.rfind('\n', position - 1);
    if (position == std::string::npos) return text;
    --count;
  }
  return text.substr(position + (position < text.size() ? 1 : 0));
}

Supervisor::Supervisor(Loop& loop, std::vector<ProcessSpec> specs) : loop_(loop), timer_(loop) {
  for (auto& spec : specs) {
    children_.push_back(std::make_unique<Child>());
    children_.back()->spec = std::move(spec);
  }
}

Supervisor::~Supervisor() { stop(); }

void Supervisor::start(std::function<void()> on_ready, std::function<void(Error)> on_failed) {
  on_ready_ = std::move(on_ready);
  on_failed_ = std::move(on_failed);
  timer_.every_us(check_period_us, [this] { check(); });
  advance();
}

void Supervisor::launch(Child& child) {
  std::vector<char*> arguments;
  for (auto& part : child.spec.command) arguments.push_back(part.data());
  arguments.push_back(nullptr);
  std::error_code ignored;
  std::filesystem::create_directories(child.spec.log.parent_path(), ignored);
  int log = ::open(child.spec.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
  pid_t parent = ::getpid();
  pid_t pid = ::fork();
  if (pid == 0) {
    // Only calls that are safe after fork: the loop's threads do not exist here.
    ::setpgid(0, 0);  // the terminal's Ctrl-C goes to the supervisor alone, which stops all in order
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(125);
    int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(nothing, 0);
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::execvp(arguments[0], arguments.data());
    const char* why = std::strerror(errno);
    [[maybe_unused]] auto written = ::write(2, why, std::strlen(why));
    ::_exit(127);
  }
  if (log >= 0) ::close(log);
  child.pid = std::max(pid, 0);
  ++child.starts;
  if (!child.ready) ++child.starts_unready;
}

void Supervisor::reap(Child& child) {
  int status = 0;
  if (child.pid == 0 || ::waitpid(child.pid, &status, WNOHANG) != child.pid) return;
  child.pid = 0;
  if (!child.ready && child.starts_unready >= attempts_before_ready) {
    timer_.cancel();
    on_failed_({ErrorCode::unavailable, fmt::format("{} does not start; its log {} ends with:\n{}", child.spec.name,
                                                    child.spec.log.string(), last_lines(child.spec.log, 8))});
    return;
  }
  child.next_start_us = loop_.clock().monotonic_us() + child.restart_delay_us;
  child.restart_delay_us = std::min(child.restart_delay_us * 2, restart_delay_max_us);
}

void Supervisor::check() {
  auto now_us = loop_.clock().monotonic_us();
  for (std::size_t i = 0; i < launched_; ++i) {
    auto& child = *children_[i];
    reap(child);
    if (child.pid == 0 && now_us >= child.next_start_us && !(child.spec.held && child.spec.held())) {
      launch(child);
      if (on_restart) on_restart({child.spec.name, child.pid, child.starts - 1});
    }
  }
  advance();
}

void Supervisor::advance() {
  while (true) {
    if (launched_ > 0) {
      auto& last = *children_[launched_ - 1];
      if (!last.ready) last.ready = last.pid != 0 && (!last.spec.ready || last.spec.ready());
      if (!last.ready) return;
    }
    if (launched_ == children_.size()) break;
    launch(*children_[launched_++]);
  }
  if (!announced_) {
    announced_ = true;
    on_ready_();
  }
}

void Supervisor::stop() {
  timer_.cancel();
  for (auto child = children_.rbegin(); child != children_.rend(); ++child) {
    auto& pid = (*child)->pid;
    if (pid == 0) continue;
    ::kill(pid, SIGTERM);
    auto deadline_us = loop_.clock().monotonic_us() + stop_limit_us;
    if (!wait_for_end(pid, deadline_us - loop_.clock().monotonic_us())) {
      ::kill(pid, SIGKILL);
      ::waitpid(pid, nullptr, 0);
    }
    pid = 0;
  }
}

std::vector<Supervisor::Status> Supervisor::status() const {
  std::vector<Status> all;
  for (auto& child : children_) all.push_back({child->spec.name, child->pid, std::max(0, child->starts - 1)});
  return all;
}

}  // namespace millrace
