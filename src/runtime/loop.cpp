#include "runtime/loop.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <csignal>
#include <optional>

namespace millrace {

namespace asio = boost::asio;

struct Loop::State {
  asio::io_context context{1};
  std::optional<asio::signal_set> signals;
};

Loop::Loop(const Clock& clock) : clock_(clock), state_(std::make_unique<State>()) {}
Loop::~Loop() = default;

void Loop::run() {
  auto keep = asio::make_work_guard(state_->context);
  state_->context.restart();
  state_->context.run();
}

bool Loop::run_until(const std::function<bool()>& done, std::int64_t limit_us) {
  auto keep = asio::make_work_guard(state_->context);
  auto deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(limit_us);
  state_->context.restart();
  while (!done()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    state_->context.run_one_for(std::chrono::milliseconds(10));
  }
  return true;
}

void Loop::stop() { state_->context.stop(); }

void Loop::post(std::function<void()> handler) { asio::post(state_->context, std::move(handler)); }

void Loop::on_signal(std::function<void(int)> handler) {
  state_->signals.emplace(state_->context, SIGINT, SIGTERM);
  state_->signals->async_wait([handler = std::move(handler)](const boost::system::error_code& error, int number) {
    if (!error) handler(number);
  });
}

asio::io_context& Loop::context() { return state_->context; }

struct Timer::State : std::enable_shared_from_this<Timer::State> {
  explicit State(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  std::function<void()> handler;
  std::chrono::microseconds period{0};
  std::uint64_t schedule = 0;  // a handler that was already queued when the timer was set anew must not run

  void wait() {
    timer.async_wait([self = shared_from_this(), mine = schedule](const boost::system::error_code& error) {
      if (error || mine != self->schedule) return;
      if (self->period.count() > 0) {
        auto next = self->timer.expiry() + self->period;
        auto now = std::chrono::steady_clock::now();
        self->timer.expires_at(next > now ? next : now + self->period);
        self->wait();
        auto handler = self->handler;  // the handler may set the timer anew
        handler();
      } else {
        auto handler = std::move(self->handler);
        handler();
      }
    });
  }
};

Timer::Timer(Loop& loop) : state_(std::make_shared<State>(loop.context())) {}
Timer::~Timer() { cancel(); }

void Timer::after_us(std::int64_t delay_us, std::function<void()> handler) {
  cancel();
  state_->handler = std::move(handler);
  state_->period = std::chrono::microseconds(0);
  state_->timer.expires_after(std::chrono::microseconds(delay_us));
  state_->wait();
}

void Timer::every_us(std::int64_t period_us, std::function<void()> handler) {
  cancel();
  state_->handler = std::move(handler);
  state_->period = std::chrono::microseconds(period_us);
  state_->timer.expires_after(state_->period);
  state_->wait();
}

void Timer::cancel() {
  ++state_->schedule;
  state_->timer.cancel();
}

}  // namespace millrace
