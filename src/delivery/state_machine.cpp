#include "delivery/state_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace millrace::delivery {
namespace {

constexpr Transition table[] = {
    {State::idle, Event::due, State::asking, Action::ask},
    {State::idle, Event::complete, State::proving, Action::prove},  // from disk, at the start
    {State::asking, Event::unchanged, State::idle, Action::none},
    {State::asking, Event::incomplete, State::fetching, Action::fetch},
    {State::asking, Event::complete, State::proving, Action::prove},
    {State::asking, Event::failed, State::idle, Action::tell},
    {State::fetching, Event::incomplete, State::fetching, Action::fetch},
    {State::fetching, Event::complete, State::proving, Action::prove},
    {State::fetching, Event::failed, State::idle, Action::tell},
    {State::proving, Event::accepted, State::idle, Action::none},
    {State::proving, Event::refused, State::idle, Action::none},
    {State::proving, Event::failed, State::idle, Action::tell},
};

}  // namespace

std::span<const Transition> transitions() { return table; }

Action StateMachine::step(Event event) {
  const auto row = std::find_if(std::begin(table), std::end(table), [&](const Transition& transition) {
    return transition.state == state_ && transition.event == event;
  });
  if (row == std::end(table)) return Action::none;
  state_ = row->next;
  return row->action;
}

Action StateMachine::complain(std::string problem) {
  const Action action = step(Event::failed);
  if (problem == problem_) return Action::none;  // a problem that lasts is told once
  problem_ = std::move(problem);
  return action;
}

Action StateMachine::on_stored(std::string_view document) {
  auto assignment = parse_assignment(document, content_);
  if (!assignment) {
    problem_ = "the assignment on disk: " + assignment.error().message;
    return Action::tell;
  }
  assignment_ = std::move(*assignment);
  offer_ = {{}, std::string(document)};
  from_disk_ = true;
  return step(Event::complete);
}

Action StateMachine::on_due() { return step(Event::due); }

Action StateMachine::on_answer(Result<std::optional<Offer>> answer) {
  if (state_ != State::asking) return Action::none;
  if (!answer) return complain(answer.error().message);
  if (answer->has_value()) {
    auto assignment = parse_assignment((*answer)->document, content_);
    if (!assignment) return complain("the platform's " + assignment.error().message);
    const bool same = assignment->revision == assignment_.revision;
    offer_ = std::move(**answer);
    if (!same) {
      assignment_ = std::move(*assignment);
      from_disk_ = false;
      missing_ = assignment_.needed();
      return take_stock();
    }
  }
  problem_.clear();
  return step(Event::unchanged);
}

Action StateMachine::take_stock() {
  std::erase_if(missing_, [&](const Artifact& artifact) { return holds_(artifact.sha256); });
  return step(missing_.empty() ? Event::complete : Event::incomplete);
}

Action StateMachine::on_artifact(const Result<void>& stored) {
  if (state_ != State::fetching) return Action::none;
  const Artifact artifact = std::move(missing_.back());
  missing_.pop_back();
  if (stored) return take_stock();
  return on_failure(stored.error().with_context(
      fmt::format("{} (SHA-256 {}…) could not be fetched", artifact.name, artifact.sha256.substr(0, 12))));
}

Action StateMachine::on_proved(bool whole) {
  if (whole) problem_.clear();
  // What lies on disk may be incomplete, or rot: then the platform's answer is to be taken though it is the same.
  if (!whole && (from_disk_ || !is_complete())) forget_answer();
  return step(whole ? Event::accepted : Event::refused);
}

Action StateMachine::on_failure(const Error& why) {
  forget_answer();
  return complain(why.message);
}

/// The whole is asked for, and taken, again.
void StateMachine::forget_answer() {
  offer_.tag.clear();
  assignment_.revision.clear();
}

bool StateMachine::is_complete() const {
  const auto needed = assignment_.needed();
  return std::all_of(needed.begin(), needed.end(), [&](const Artifact& artifact) { return holds_(artifact.sha256); });
}

}  // namespace millrace::delivery
