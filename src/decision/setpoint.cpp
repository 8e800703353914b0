#include "decision/setpoint.hpp"

#include <cmath>
#include <limits>

namespace millrace {

namespace {

using State = SetpointState;
using Event = SetpointEvent;
using Action = SetpointAction;

constexpr std::int64_t retry_after_us = 1'000'000;
constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

// clang-format off
constexpr std::array<SetpointTransition, setpoint_states * setpoint_events> setpoint_table{{
    {State::securing, Event::wish,      State::securing, Action::nothing},
    {State::securing, Event::no_wish,   State::securing, Action::nothing},
    {State::securing, Event::silence,   State::securing, Action::nothing},
    {State::securing, Event::confirmed, State::safe,     Action::nothing},
    {State::securing, Event::failed,    State::securing, Action::nothing},  // again after a while
    {State::safe,     Event::wish,      State::driving,  Action::put_wish},
    {State::safe,     Event::no_wish,   State::safe,     Action::nothing},
    {State::safe,     Event::silence,   State::safe,     Action::nothing},
    {State::safe,     Event::confirmed, State::safe,     Action::nothing},
    {State::safe,     Event::failed,    State::securing, Action::nothing},
    {State::driving,  Event::wish,      State::driving,  Action::put_wish},
    {State::driving,  Event::no_wish,   State::securing, Action::put_safe},
    {State::driving,  Event::silence,   State::securing, Action::put_safe},
    {State::driving,  Event::confirmed, State::driving,  Action::nothing},
    {State::driving,  Event::failed,    State::securing, Action::put_safe},
}};
// clang-format on

namespace {

constexpr std::size_t row(State state, Event event) {
  return static_cast<std::size_t>(state) * setpoint_events + static_cast<std::size_t>(event);
}
constexpr bool is_complete() {
  for (std::size_t i = 0; i < setpoint_table.size(); ++i) {
    if (row(setpoint_table[i].from, setpoint_table[i].on) != i) return false;
  }
  return true;
}
static_assert(is_complete(), "one row for each state and event, in their order");

}  // namespace

std::string_view to_string(SetpointState state) {
  constexpr std::array<std::string_view, setpoint_states> names{"securing", "safe", "driving"};
  return names[static_cast<std::size_t>(state)];
}

SetpointControl::Output SetpointControl::put(const SafetyEnvelope::Output& output, double wanted) {
  is_pending_ = true;
  return {output.value, wanted, output.guard, ++ticket_};
}

std::optional<SetpointControl::Output> SetpointControl::on(Event event, TimeUs now_us) {
  const SetpointTransition& next = setpoint_table[row(state_, event)];
  state_ = next.to;
  switch (next.action) {
    case Action::nothing:
      return std::nullopt;
    case Action::put_safe:
      return put(envelope_.safe(now_us), no_number);
    case Action::put_wish:
      return put(envelope_.limit(wanted_, now_us), wanted_);
  }
  return std::nullopt;
}

std::optional<SetpointControl::Output> SetpointControl::decide(double wanted, TimeUs now_us) {
  decided_us_ = now_us;
  wanted_ = wanted;
  return on(std::isfinite(wanted) ? Event::wish : Event::no_wish, now_us);
}

std::optional<SetpointControl::Output> SetpointControl::poll(TimeUs now_us) {
  if (state_ == State::driving && now_us - decided_us_ >= timeout_us_) return on(Event::silence, now_us);
  if (is_pending_) return std::nullopt;
  if (state_ == State::securing && now_us >= retry_us_) return put(envelope_.safe(now_us), no_number);
  // The rate allowed a part of the way only: on we go, now that the step before has arrived.
  if (state_ == State::driving && envelope_.contains(wanted_) && envelope_.output() != wanted_)
    return put(envelope_.limit(wanted_, now_us), wanted_);
  envelope_.hold(now_us);
  return std::nullopt;
}

std::optional<SetpointControl::Output> SetpointControl::written(std::uint64_t ticket, bool is_confirmed,
                                                                TimeUs now_us) {
  if (ticket != ticket_ || !is_pending_) return std::nullopt;
  is_pending_ = false;
  retry_us_ = now_us + retry_after_us;
  return on(is_confirmed ? Event::confirmed : Event::failed, now_us);
}

}  // namespace millrace
