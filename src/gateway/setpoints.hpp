#pragma once

#include "base/time.hpp"
#include "decision/record.hpp"
#include "decision/setpoint.hpp"
#include "gateway/plan.hpp"

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>

namespace millrace {

/// The set-points of a site: decisions in, writes to the allowed nodes out, each led by a SetpointControl, from the
/// safe value at the beginning to the safe value at the end. What was written, what stands there, and what had to step
/// in is told as an event. The loop's thread only; sans-I/O but for the handlers.
class Setpoints {
 public:
  struct Handlers {
    /// Writes and reads back; a later call on the same connection takes effect later.
    std::function<void(const OutputNode& node, double value, std::function<void(Result<double>)> done)> write;
    /// JSON for the lake's events, kind "setpoint".
    std::function<void(const std::string& asset, std::string detail)> event;
  };
  Setpoints(const std::map<UseCaseAsset, SetpointPlan>& plan, const Clock& clock, Handlers handlers);
  Setpoints(const Setpoints&) = delete;
  Setpoints& operator=(const Setpoints&) = delete;
  ~Setpoints();

  /// Decisions of other use cases and modes are none of its business; so are old ones. One whose time has not come by
  /// far is refused, with an event.
  void decide(const DecisionRecord& decision);
  /// Time-outs, ramps, retries; a few times a second.
  void poll();
  /// The last thing that is asked for: the safe value for everything that is led.
  void release();
  [[nodiscard]] bool empty() const { return outputs_.empty(); }

 private:
  struct Output {
    const SetpointPlan* plan;
    SetpointControl control;
    std::string decision_id;
    TimeUs decided_us = 0;  ///< by the edge's clock
    std::string told;       ///< the last event, to say the same once
  };
  using Outputs = std::map<UseCaseAsset, Output>;
  void carry_out(Outputs::value_type& output, const std::optional<SetpointControl::Output>& wanted);
  void on_written(Outputs::value_type& output, const SetpointControl::Output& wanted, const Result<double>& outcome);
  void refuse(Outputs::value_type& output, const DecisionRecord& decision);
  void tell(Outputs::value_type& output, const std::string& decision_id, nlohmann::json event);

  const Clock& clock_;
  Handlers handlers_;
  Outputs outputs_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace millrace
