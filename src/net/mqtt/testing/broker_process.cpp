#include "net/mqtt/testing/broker_process.hpp"

#include "base/file.hpp"
#include "base/id.hpp"
#include "runtime/ports.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace millrace::mqtt {
namespace {

constexpr auto kStartLimit = std::chrono::seconds(10);

}  // namespace

Result<std::unique_ptr<BrokerProcess>> BrokerProcess::start(const Options& options) {
  auto broker = std::make_unique<BrokerProcess>(Private{});
  TRY(broker->prepare(options));
  Result<void> launched;
  for (int attempt = 0; attempt < 5; ++attempt) {  // another process may take the free port before the broker does
    TRY_ASSIGN(broker->port_, free_port());
    TRY(broker->write_configuration());
    launched = broker->launch();
    if (launched) return broker;
  }
  return fail(launched.error());
}

BrokerProcess::~BrokerProcess() {
  end(SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<void> BrokerProcess::prepare(const Options& options) {
  options_ = options;
  if (!options_.tls) {
    folder_ = std::filesystem::temp_directory_path() / ("millrace-broker-" + random_id());
    std::filesystem::create_directories(folder_);
    return {};
  }
  pki_.emplace("millrace test authority");
  folder_ = pki_->folder();
  pki_->issue("broker", options_.certificate_days);
  return {};
}

Result<Credentials> BrokerProcess::issue(const std::string& common_name, int valid_days) {
  if (!pki_) return fail(ErrorCode::failed_precondition, "this test broker speaks plain TCP");
  return pki_->issue(common_name, valid_days);
}

Result<void> BrokerProcess::write_configuration() {
  std::string text = fmt::format(
      "listener {} 127.0.0.1\nmax_inflight_messages 1000\nmax_queued_messages 1000000\n"
      "log_dest file {}\nset_tcp_nodelay true\n",
      port_, (folder_ / "broker.log").string());
  if (::geteuid() == 0) text += "user root\n";  // else it becomes another user, who cannot read the 0600 key
  if (options_.tls) {
    text += fmt::format(
        "cafile {0}/ca.pem\ncertfile {0}/broker.pem\nkeyfile {0}/broker.key\nrequire_certificate true\n"
        "use_identity_as_username true\nallow_anonymous false\n",
        folder_.string());
  } else {
    text += "allow_anonymous true\n";
  }
  for (const auto& line : options_.more_lines) text += line + "\n";
  return write_file(folder_ / "mosquitto.conf", text);
}

Result<void> BrokerProcess::launch() {
  auto configuration = (folder_ / "mosquitto.conf").string();
  auto parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) return fail(ErrorCode::unavailable, "cannot fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);  // the test died before prctl
    const int quiet = ::open("/dev/null", O_RDWR);
    if (quiet < 0) ::_exit(1);
    ::dup2(quiet, STDIN_FILENO);
    ::dup2(quiet, STDOUT_FILENO);
    ::dup2(quiet, STDERR_FILENO);
    ::execlp("mosquitto", "mosquitto", "-c", configuration.c_str(), nullptr);
    ::execl("/usr/sbin/mosquitto", "mosquitto", "-c", configuration.c_str(), nullptr);  // not in every user's PATH
    ::_exit(127);
  }
  auto limit = std::chrono::steady_clock::now() + kStartLimit;
  while (!port_accepts(port_)) {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = 0;
      return fail(ErrorCode::unavailable, fmt::format("mosquitto ended with {} (is it installed?)\n{}", status, log()));
    }
    if (std::chrono::steady_clock::now() > limit) {
      end(SIGKILL);
      return fail(ErrorCode::timed_out, "mosquitto does not listen\n" + log());
    }
    std::this_thread::yield();
  }
  return {};
}

std::string BrokerProcess::log() const {
  auto text = read_file(folder_ / "broker.log");
  return text ? *text : std::string();
}

ClientOptions BrokerProcess::client_options(const std::string& client_id) {
  ClientOptions options{.host = "127.0.0.1",
                        .port = port_,
                        .client_id = client_id,
                        .reconnect_min_us = 20'000,
                        .reconnect_max_us = 100'000};
  if (options_.tls) {
    if (auto credentials = issue(client_id)) options.credentials = *credentials;
  }
  return options;
}

void BrokerProcess::end(int signal) {
  if (pid_ <= 0) return;
  const int ended = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  pollfd waiting = {.fd = ended, .events = POLLIN, .revents = 0};
  do {  // again and again: Mosquitto passes over a signal that comes while it starts
    ::kill(pid_, SIGCONT);
    ::kill(pid_, signal);
  } while (ended >= 0 && ::poll(&waiting, 1, 200) == 0);
  ::waitpid(pid_, nullptr, 0);
  if (ended >= 0) ::close(ended);
  pid_ = 0;
}

void BrokerProcess::stop() { end(SIGTERM); }
void BrokerProcess::kill() { end(SIGKILL); }
Result<void> BrokerProcess::restart() {
  end(SIGTERM);
  return launch();
}
void BrokerProcess::pause() { ::kill(pid_, SIGSTOP); }
void BrokerProcess::resume() { ::kill(pid_, SIGCONT); }

}  // namespace millrace::mqtt
