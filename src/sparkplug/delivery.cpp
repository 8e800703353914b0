#include "sparkplug/delivery.hpp"

#include <iterator>

namespace millrace::sparkplug {

void Delivery::add_live(std::uint64_t first, std::uint64_t last) {
  live_.add(first, last);
  for (auto count = live_.count(); count > options_.live_limit; --count) {
    auto oldest = live_.first();
    live_.remove(oldest);
    backlog_.add(oldest);
  }
}

void Delivery::on_acknowledged(const BatchSet& batches) {
  for (const auto& range : batches.ranges()) on_dropped(range.first, range.last);
}

void Delivery::on_dropped(std::uint64_t first, std::uint64_t last) {
  live_.remove(first, last);
  backlog_.remove(first, last);
  forget(in_flight_.lower_bound(first), in_flight_.upper_bound(last));
}

void Delivery::forget(Flights::iterator first, Flights::iterator last) {
  for (auto flight = first; flight != last; ++flight) in_flight_bytes_ -= flight->second.bytes;
  in_flight_.erase(first, last);
}

void Delivery::on_disconnected() {
  for (const auto& [number, flight] : in_flight_) backlog_.add(number);
  forget(in_flight_.begin(), in_flight_.end());
  order_.clear();
  while (!live_.empty()) {
    auto range = live_.ranges().front();
    live_.remove(range.first, range.last);
    backlog_.add(range.first, range.last);
  }
}

void Delivery::take_back_late(std::int64_t now_us) {
  while (!order_.empty()) {
    auto sent = in_flight_.find(order_.front());
    if (sent != in_flight_.end()) {
      if (now_us - sent->second.sent_us < options_.resend_after_us) return;
      backlog_.add(sent->first);
      forget(sent, std::next(sent));
    }
    order_.pop_front();
  }
}

std::optional<Delivery::Next> Delivery::next(std::int64_t now_us) {
  take_back_late(now_us);
  if (in_flight_.size() >= options_.window || in_flight_bytes_ >= options_.window_bytes) return std::nullopt;
  if (live_.empty() && backlog_.empty()) return std::nullopt;
  bool from_backlog = live_.empty();
  if (!live_.empty() && !backlog_.empty()) {
    backlog_credit_ += options_.backlog_percent;
    from_backlog = backlog_credit_ >= 100;
    if (from_backlog) backlog_credit_ -= 100;
  }
  auto& set = from_backlog ? backlog_ : live_;
  Next next{set.first(), from_backlog};
  set.remove(next.number);
  in_flight_[next.number] = {.sent_us = now_us};
  order_.push_back(next.number);
  return next;
}

void Delivery::on_sent(const Next& next, std::size_t bytes) {
  const auto flight = in_flight_.find(next.number);
  if (flight == in_flight_.end()) return;
  in_flight_bytes_ += bytes - flight->second.bytes;
  flight->second.bytes = bytes;
}

void Delivery::put_back(const Next& next) {
  const auto flight = in_flight_.find(next.number);
  if (flight == in_flight_.end()) return;
  forget(flight, std::next(flight));
  if (!order_.empty() && order_.back() == next.number) order_.pop_back();
  (next.is_historical ? backlog_ : live_).add(next.number);
}

}  // namespace millrace::sparkplug
