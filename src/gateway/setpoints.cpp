#include "gateway/setpoints.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace {

namespace {

/// Further apart no two clocks that are kept are. What is further ahead would keep out all decisions until its time.
constexpr std::int64_t ahead_us = 5'000'000;

nlohmann::json number(double value) { return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(); }
std::string dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

/// A node may hold a float32; what it gives back then differs in the seventh digit.
bool stands(double shown, double value) { return std::abs(shown - value) <= 1e-6 * std::max(1.0, std::abs(value)); }

/// What the decision wishes; NaN: nothing.
double wish_of(const SetpointPlan& plan, const DecisionRecord& decision) {
  if (decision.advice != plan.advice) return std::numeric_limits<double>::quiet_NaN();
  return plan.is_prediction ? decision.prediction : plan.value;
}

}  // namespace

Setpoints::Setpoints(const std::map<UseCaseAsset, SetpointPlan>& plan, const Clock& clock, Handlers handlers)
    : clock_(clock), handlers_(std::move(handlers)) {
  for (const auto& [who, setpoint] : plan)
    outputs_.try_emplace(who, Output{&setpoint, SetpointControl(setpoint.envelope, setpoint.timeout_us), {}, 0, {}});
}

Setpoints::~Setpoints() { *alive_ = false; }

void Setpoints::decide(const DecisionRecord& decision) {
  const auto found = outputs_.find({decision.use_case, decision.asset});
  if (found == outputs_.end()) return;
  auto& output = found->second;
  const auto age_us = clock_.now_us() - decision.time_us;
  if (age_us < -ahead_us) return refuse(*found, decision);
  if (age_us >= output.plan->timeout_us || decision.time_us <= output.decided_us) return;
  output.decided_us = decision.time_us;
  output.decision_id = decision.decision_id;
  carry_out(*found, output.control.decide(wish_of(*output.plan, decision), clock_.monotonic_us()));
}

void Setpoints::refuse(Outputs::value_type& output, const DecisionRecord& decision) {
  tell(output, decision.decision_id,
       {{"wanted", number(wish_of(*output.second.plan, decision))},
        {"value", nullptr},
        {"guard", "clock"},
        {"read_back", nullptr},
        {"error",
         "the decision is from the future by the gateway's clock: refused; set the clocks of edge and gateway"}});
}

void Setpoints::release() {
  constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
  for (auto& output : outputs_) carry_out(output, output.second.control.decide(nothing, clock_.monotonic_us()));
}

void Setpoints::poll() {
  for (auto& output : outputs_) carry_out(output, output.second.control.poll(clock_.monotonic_us()));
}

void Setpoints::carry_out(Outputs::value_type& output, const std::optional<SetpointControl::Output>& wanted) {
  if (!wanted) return;
  const auto& node = output.second.plan->node;
  if (!(wanted->value >= node.low && wanted->value <= node.high)) {  // the plan has seen to it: the last lock
    return on_written(output, *wanted, fail(ErrorCode::permission_denied, "outside of what the gateway allows"));
  }
  handlers_.write(node, wanted->value,
                  [this, alive = alive_, &output, wanted = *wanted](const Result<double>& outcome) {
                    if (*alive) on_written(output, wanted, outcome);
                  });
}

void Setpoints::on_written(Outputs::value_type& output, const SetpointControl::Output& wanted,
                           const Result<double>& outcome) {
  const bool is_confirmed = outcome && stands(*outcome, wanted.value);
  const auto next = output.second.control.written(wanted.ticket, is_confirmed, clock_.monotonic_us());
  tell(output, output.second.decision_id,
       {{"wanted", number(wanted.wanted)},
        {"value", wanted.value},
        {"guard", to_string(wanted.guard)},
        {"read_back", outcome ? number(*outcome) : nlohmann::json()},
        {"error", outcome ? std::string() : outcome.error().message}});
  carry_out(output, next);
}

void Setpoints::tell(Outputs::value_type& output, const std::string& decision_id, nlohmann::json event) {
  event["kind"] = "setpoint";
  event["use_case"] = output.first.first;
  event["node"] = output.second.plan->node.node;
  event["state"] = to_string(output.second.control.state());
  auto text = dump(event);
  if (text == output.second.told) return;
  output.second.told = std::move(text);
  event["decision_id"] = decision_id;
  handlers_.event(output.first.second, dump(event));
}

}  // namespace millrace
