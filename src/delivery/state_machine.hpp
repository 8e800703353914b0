#pragma once

#include "base/result.hpp"
#include "delivery/assignment.hpp"
#include "delivery/source.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::delivery {

enum class State : std::uint8_t {
  idle,      ///< until the next poll
  asking,    ///< what should run?
  fetching,  ///< a file that is not here yet
  proving,   ///< whether it runs on this device
};
enum class Event : std::uint8_t { due, unchanged, incomplete, complete, accepted, refused, failed };
enum class Action : std::uint8_t { none, ask, fetch, prove, tell };

struct Transition {
  State state;
  Event event;
  State next;
  Action action;
};
/// The whole behaviour. What has no row is late or early, and changes nothing.
std::span<const Transition> transitions();

/// One device's course from "is there something new?" to "it runs". Sans-I/O: each input returns what to do next.
class StateMachine {
 public:
  /// `holds` says whether a file of that hash is here.
  StateMachine(Content content, std::function<bool(const std::string& sha256)> holds)
      : content_(content), holds_(std::move(holds)) {}

  Action on_stored(std::string_view document);  ///< the last assignment that ran whole, from disk
  Action on_due();
  Action on_answer(Result<std::optional<Offer>> answer);
  Action on_artifact(const Result<void>& stored);
  /// `whole`: everything of it runs. What was refused is not tried again until it changes, or a file of it is gone.
  Action on_proved(bool whole);
  Action on_failure(const Error& why);  ///< proving could not be done now

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const std::string& tag() const { return offer_.tag; }            ///< to ask with
  [[nodiscard]] const Artifact& wanted() const { return missing_.back(); }       ///< to fetch
  [[nodiscard]] const Assignment& assignment() const { return assignment_; }     ///< to prove
  [[nodiscard]] const std::string& document() const { return offer_.document; }  ///< of `assignment`
  [[nodiscard]] const std::string& problem() const { return problem_; }  ///< to tell; each once until it changes

 private:
  Action step(Event event);
  Action complain(std::string problem);
  Action take_stock();
  void forget_answer();
  [[nodiscard]] bool is_complete() const;

  Content content_;
  std::function<bool(const std::string&)> holds_;
  State state_ = State::idle;
  Offer offer_;
  Assignment assignment_;
  bool from_disk_ = false;
  std::vector<Artifact> missing_;
  std::string problem_;
};

}  // namespace millrace::delivery
