#include "gateway/setpoints.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace {

namespace {

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
  const bool is_old = clock_.now_us() - decision.time_us >= output.plan->timeout_us;
  if (is_old || decision.time_us <= output.decided_us) return;
  output.decided_us = decision.time_us;
  output.decision_id = decision.decision_id;
  carry_out(*found, output.control.decide(wish_of(*output.plan, decision), clock_.monotonic_us()));
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
  tell(output, wanted, outcome);
  carry_out(output, next);
}

void Setpoints::tell(Outputs::value_type& output, const SetpointControl::Output& wanted,
                     const Result<double>& outcome) {
  const auto number = [](double value) { return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(); };
  const nlohmann::json detail{{"use_case", output.first.first},
                              {"node", output.second.plan->node.node},
                              {"wanted", number(wanted.wanted)},
                              {"value", wanted.value},
                              {"guard", to_string(wanted.guard)},
                              {"state", to_string(output.second.control.state())},
                              {"read_back", outcome ? number(*outcome) : nlohmann::json()},
                              {"error", outcome ? std::string() : outcome.error().message}};
  auto text = detail.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text == output.second.told) return;
  output.second.told = text;
  auto event = detail;
  event["kind"] = "setpoint";
  event["decision_id"] = output.second.decision_id;
  handlers_.event(output.first.second, event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace millrace
