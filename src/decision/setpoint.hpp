#pragma once

#include "base/time.hpp"
#include "decision/envelope.hpp"
#include "usecase/usecase.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace millrace {

/// Where one set-point stands.
enum class SetpointState : std::uint8_t {
  securing,  ///< what is out there is not known, or the safe value is on its way
  safe,      ///< the safe value is out there, confirmed
  driving,   ///< follows the wish, inside the envelope
};
enum class SetpointEvent : std::uint8_t {
  wish,       ///< a decision wants a number
  no_wish,    ///< a decision wants nothing, or could not be made
  silence,    ///< no decision came for the time-out
  confirmed,  ///< the newest write was done, and reading gave the value back
  failed,     ///< the newest write was refused, or something else stands there
};
enum class SetpointAction : std::uint8_t { nothing, put_safe, put_wish };

struct SetpointTransition {
  SetpointState from;
  SetpointEvent on;
  SetpointState to;
  SetpointAction action;
};
inline constexpr std::size_t setpoint_states = 3, setpoint_events = 5;
/// Every state with every event: the whole behaviour.
extern const std::array<SetpointTransition, setpoint_states * setpoint_events> setpoint_table;

std::string_view to_string(SetpointState state);

/// Leads one output by the wishes of one use case. To begin with, and after everything that went wrong, the safe value
/// is written and read back: so the rate counts from a value that is known, and what goes out is
/// either inside the envelope or the safe value (invariant f: a guard violation never reaches an output). Sans-I/O; all
/// times are monotonic.
class SetpointControl {
 public:
  SetpointControl(const UseCase::Envelope& envelope, std::int64_t timeout_us)
      : envelope_(envelope), timeout_us_(timeout_us) {}

  /// What is to be written now. `ticket` comes back with the outcome.
  struct Output {
    double value = 0;
    double wanted = 0;  ///< NaN: nothing was wished, this is the safe value
    SafetyEnvelope::Guard guard = SafetyEnvelope::Guard::none;
    std::uint64_t ticket = 0;
  };

  /// A decision: a number, or NaN for none.
  std::optional<Output> decide(double wanted, TimeUs now_us);
  /// The time-out, the next step of a ramp, the safe value once more. Call it a few times a second.
  std::optional<Output> poll(TimeUs now_us);
  /// Outcome of a write; those of older writes say nothing any more. After a failure the safe value is due.
  std::optional<Output> written(std::uint64_t ticket, bool is_confirmed, TimeUs now_us);

  [[nodiscard]] SetpointState state() const { return state_; }
  [[nodiscard]] std::uint64_t violations() const { return envelope_.violations(); }

 private:
  std::optional<Output> on(SetpointEvent event, TimeUs now_us);
  Output put(const SafetyEnvelope::Output& output, double wanted);

  SafetyEnvelope envelope_;
  std::int64_t timeout_us_;
  SetpointState state_ = SetpointState::securing;
  double wanted_ = 0;
  TimeUs decided_us_ = 0, retry_us_ = 0;
  std::uint64_t ticket_ = 0;
  bool is_pending_ = false;  ///< the outcome of the newest write has not come
};

}  // namespace millrace
