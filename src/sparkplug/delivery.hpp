#pragma once

#include "sparkplug/batch_set.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace millrace::sparkplug {

struct DeliveryOptions {
  std::size_t window = 16'384;           ///< batches sent and not acknowledged, at most
  std::size_t window_bytes = 16u << 20;  ///< and as much in bytes: below a million points, what a receiver buffers
  std::size_t live_limit = 8192;         ///< more live batches than this wait as backlog
  int backlog_percent = 20;              ///< share of the sends that a backlog gets at least, while there is one
  std::int64_t resend_after_us = 10'000'000;
};

/// Decides which batch of a spool is sent next: live data before the backlog, with a fair share for the backlog;
/// never more than a window of unacknowledged batches; what is not acknowledged in time, or was sent over a connection
/// that broke, is sent again. Knows numbers only; sans-I/O; times are monotonic.
class Delivery {
 public:
  explicit Delivery(DeliveryOptions options = {}) : options_(options) {}

  /// What lay in the spool at the start.
  void add_backlog(std::uint64_t first, std::uint64_t last) { backlog_.add(first, last); }
  /// What was committed to the spool just now.
  void add_live(std::uint64_t first, std::uint64_t last);
  /// The receiver holds these durably.
  void on_acknowledged(const BatchSet& batches);
  /// The spool gave these up; they are not sent any more.
  void on_dropped(std::uint64_t first, std::uint64_t last);
  /// The receiver may have lost what was under way.
  void on_disconnected();

  struct Next {
    std::uint64_t number = 0;
    bool is_historical = false;  ///< sent before, or not sent when it was fresh
  };
  /// The batch to send now; it counts as sent. Nothing: all is sent, or the window is full.
  std::optional<Next> next(std::int64_t now_us);
  /// How large the batch was that `next` gave and that went out.
  void on_sent(const Next& next, std::size_t bytes);
  /// The batch that `next` gave could not be sent: it goes first next time.
  void put_back(const Next& next);

  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
  [[nodiscard]] std::uint64_t waiting() const { return live_.count() + backlog_.count(); }
  /// Batches of the backlog that come next, so that the owner can read them in one go.
  [[nodiscard]] const BatchSet& backlog() const { return backlog_; }

 private:
  struct Flight {
    std::int64_t sent_us = 0;
    std::size_t bytes = 0;
  };
  using Flights = std::map<std::uint64_t, Flight>;
  void take_back_late(std::int64_t now_us);
  void forget(Flights::iterator first, Flights::iterator last);

  DeliveryOptions options_;
  BatchSet live_, backlog_;
  Flights in_flight_;  // by number
  std::size_t in_flight_bytes_ = 0;
  std::deque<std::uint64_t> order_;  // in_flight_ by age; may name batches that are acknowledged
  int backlog_credit_ = 0;           // percent
};

}  // namespace millrace::sparkplug
