#include "round_trip.hpp"

#include "edge_load.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace millrace::bench {
namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t start_limit_us = 60 * second_us;
constexpr std::int64_t answer_limit_us = 5 * second_us;

[[noreturn]] void die(const char* message) {
  std::fprintf(stderr, "bench_edge: %s\n", message);
  std::exit(1);
}

/// Sends numbered messages and takes their answers.
class Generator {
 public:
  Generator(Responder& responder, mqtt::BrokerProcess& broker)
      : responder_(responder),
        client_(mqtt::make_mosquitto_client(loop_, broker.client_options("gateway"))),
        timer_(loop_) {
    client_->start({.will = []() -> std::optional<mqtt::Will> { return std::nullopt; },
                    .on_connected =
                        [this] {
                          if (!client_->subscribe(responder_.filters(), 1)) die("cannot subscribe");
                          responder_.on_connected(*client_);
                        },
                    .on_disconnected = [](const Error&) {},
                    .on_message = [this](const mqtt::Message& message) { take(message); }});
    if (!loop_.run_until([&] { return responder_.ready(); }, start_limit_us)) die("the responder did not come up");
  }
  ~Generator() { client_->stop(); }

  void paced(int per_s, int seconds, RoundTrips& result) {
    const auto total = static_cast<std::uint64_t>(per_s) * static_cast<std::uint64_t>(seconds + 1);
    const std::int64_t start_ns = now_ns(), period_ns = 1'000'000'000 / per_s;
    timer_.every_us(std::max<std::int64_t>(period_ns / 1000, 1), [&, start_ns, period_ns] {
      while (sent() < total && now_ns() >= start_ns + static_cast<std::int64_t>(sent()) * period_ns) send();
    });
    static_cast<void>(loop_.run_until([&] { return sent() == total && answered_ == total; },
                                      (seconds + 1) * second_us + answer_limit_us));
    timer_.cancel();
    latencies_us_.erase(
        latencies_us_.begin(),
        latencies_us_.begin() + std::min<std::ptrdiff_t>(per_s, static_cast<std::ptrdiff_t>(latencies_us_.size())));
    result.lost = sent() - answered_;
    result.latencies_us = std::move(latencies_us_);
  }

  /// Answers per second with `window` messages under way.
  double sustained(std::uint64_t window, int seconds) {
    const std::uint64_t missing = sent() - answered_;
    const auto fill = [&] {
      while (sent() - answered_ - missing < window) send();
    };
    on_answer_ = fill;
    const auto before = answered_;
    const std::int64_t start_ns = now_ns(), end_ns = start_ns + std::int64_t{seconds} * 1'000'000'000;
    fill();
    static_cast<void>(loop_.run_until([&] { return now_ns() >= end_ns; }, (seconds + 1) * second_us));
    const double rate = static_cast<double>(answered_ - before) / (static_cast<double>(now_ns() - start_ns) / 1e9);
    on_answer_ = {};
    static_cast<void>(loop_.run_until([&] { return sent() - answered_ == missing; }, answer_limit_us));
    return rate;
  }

 private:
  [[nodiscard]] std::uint64_t sent() const { return sent_ns_.size(); }
  void send() {
    sent_ns_.push_back(now_ns());
    responder_.send(sent_ns_.size() - 1);
  }
  void take(const mqtt::Message& message) {
    const std::int64_t arrived_ns = now_ns();
    const auto number = responder_.on_message(message);
    if (!number || *number >= sent_ns_.size() || sent_ns_[*number] == 0) return;
    latencies_us_.push_back(static_cast<double>(arrived_ns - sent_ns_[*number]) / 1000);
    sent_ns_[*number] = 0;  // an answer counts once
    ++answered_;
    if (on_answer_) on_answer_();
  }

  Responder& responder_;
  SystemClock clock_;
  Loop loop_{clock_};
  std::unique_ptr<mqtt::Client> client_;
  Timer timer_;
  std::vector<std::int64_t> sent_ns_;  ///< by number
  std::vector<double> latencies_us_;
  std::uint64_t answered_ = 0;
  std::function<void()> on_answer_;
};

}  // namespace

Result<void> Responder::start(const mqtt::BrokerProcess& broker) {
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) return fail(ErrorCode::unavailable, "cannot fork");
  if (pid_ > 0) return {};
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == parent) run(broker.port());
  ::_exit(1);
}

void Responder::stop() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

double Responder::cpu_seconds() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/stat");
  std::string text;
  std::getline(file, text);
  text.erase(0, text.rfind(')') + 1);  // the name before it may hold blanks
  std::istringstream fields(text);     // proc(5): state is field 3, utime and stime are 14 and 15
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user_ticks = 0, system_ticks = 0;
  fields >> user_ticks >> system_ticks;
  return (user_ticks + system_ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double RoundTrips::quantile_ms(double q) { return quantile(latencies_us, q) / 1000; }

RoundTrips measure_round_trips(Responder& responder, int per_s, int seconds) {
  auto broker = mqtt::BrokerProcess::start({});
  if (!broker) die(broker.error().message.c_str());
  if (const auto started = responder.start(**broker); !started) die(started.error().message.c_str());
  RoundTrips result;
  {
    Generator generator(responder, **broker);
    generator.paced(per_s, seconds, result);
    for (const std::uint64_t window : {100, 1'000, 10'000}) {
      const double cpu_s = responder.cpu_seconds();
      const double rate = generator.sustained(window, seconds);
      if (rate <= result.answers_per_s) continue;
      result.answers_per_s = rate;
      result.cpu_us = (responder.cpu_seconds() - cpu_s) * 1e6 / (rate * seconds);
    }
  }
  responder.stop();
  return result;
}

}  // namespace millrace::bench
