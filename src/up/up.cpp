#include "up/up.hpp"

#include "base/file.hpp"
#include "base/id.hpp"
#include "runtime/ports.hpp"
#include "up/process.hpp"
#include "up/process_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <optional>
#include <ostream>

namespace millrace {

namespace fs = std::filesystem;

namespace {

/// One supervisor a folder: two would fight over spool and lake.
class FolderLock {
 public:
  static Result<FolderLock> take(const fs::path& folder) {
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    auto path = folder / "up.lock";
    int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return fail(ErrorCode::permission_denied, "cannot write below " + folder.string());
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
      ::close(file);
      return fail(ErrorCode::already_exists,
                  fmt::format("millrace up already runs on {}: stop it, or give another --dir", folder.string()));
    }
    return FolderLock(file);
  }
  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock() {
    if (file_ >= 0) ::close(file_);
  }

 private:
  explicit FolderLock(int file) : file_(file) {}
  int file_;
};

Result<void> choose_free_ports(Ports& ports) {
  for (auto* port : {&ports.console, &ports.device, &ports.platform_mqtt, &ports.site_mqtt}) {
    if (*port == 0) {
      TRY_ASSIGN(*port, free_port());
    } else if (port_accepts(*port)) {
      return fail(
          ErrorCode::failed_precondition,
          fmt::format("port {} is in use: stop what listens there, or choose another with --...-port (0: any)", *port));
    }
  }
  return {};
}

void write_process_ids(const Layout& layout, const Supervisor& supervisor) {
  nlohmann::json ids;
  for (auto& status : supervisor.status()) ids[status.name] = status.pid;
  // A stale file misleads nobody for long: it is rewritten at each change, and readers check that the process lives.
  static_cast<void>(write_file(layout.run() / "processes.json", ids.dump()));
}

}  // namespace

Result<void> run_up(Layout layout, bool headless, std::ostream& output, const Clock& clock) {
  TRY_ASSIGN(auto lock, FolderLock::take(layout.root));
  TRY(choose_free_ports(layout.ports));
  TRY(prepare(layout, clock.now_us()));
  std::error_code ignored;
  fs::remove(layout.run() / "ready.json", ignored);

  // Training threads that spin while they wait would take the two cores from everything else (libgomp,
  // OMP_WAIT_POLICY).
  ::setenv("OMP_WAIT_POLICY", "passive", 0);
  Loop loop(clock);
  Supervisor supervisor(loop, process_specs(layout));
  Result<void> outcome;
  Timer watch(loop);
  std::vector<pid_t> known;
  auto publish_changes = [&] {
    std::vector<pid_t> now;
    for (auto& status : supervisor.status()) now.push_back(status.pid);
    if (now == known) return;
    known = now;
    write_process_ids(layout, supervisor);
  };
  supervisor.on_restart = [&](const Supervisor::Status& status) {
    output << fmt::format("{} {} was started again (process {})\n", format_time(clock.now_us()), status.name,
                          status.pid)
           << std::flush;
  };
  loop.on_signal([&](int) { loop.stop(); });
  watch.every_us(100'000, publish_changes);
  supervisor.start(
      [&] {
        publish_changes();
        auto link = console_link(layout);
        auto written =
            write_file(layout.run() / "ready.json", nlohmann::json{{"console", link}}.dump(), FileMode::secret);
        if (!written) outcome = written;
        output << (headless ? std::string("ready\n") : fmt::format("console: {}\nCtrl-C stops everything\n", link))
               << std::flush;
      },
      [&](const Error& error) {
        outcome = fail(error);
        loop.stop();
      });
  loop.run();
  supervisor.stop();
  write_process_ids(layout, supervisor);
  return outcome;
}

}  // namespace millrace
