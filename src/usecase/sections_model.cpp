// model, decision, rollout, monitor, retrain, feedback: what comes out and how it is kept good.
#include "usecase/sections.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {
namespace {

/// The value of a set-point that is the model's prediction itself.
constexpr std::string_view prediction_word = "prediction";

void read_label(const YamlMap& label, UseCase::Label& out, UseCaseLines& lines) {
  if (label.keys().size() != 1) {
    if (label.keys().size() > 1) label.report(label.keys()[1], "one kind of label only");
    return;
  }
  out.kind = label.keys().front();
  const YAML::Node node = label.node(out.kind);
  if (out.kind == "remaining_useful_life") {
    const YamlMap rul(label.reader(), node, label.path(out.kind), {"until", "cap", "rows_below"});
    rul.required({"until"});
    if (rul.text("until", out.until) && !out.until.starts_with("work_order.")) {
      rul.report("until", fmt::format("\"{}\": write work_order.<kind>, e.g. work_order.failure", out.until));
    }
    lines.label_until = line_of(rul.node("until"));
    double value = 0;
    if (rul.number("cap", value, 1e-9, 1e12)) out.cap = value;
    if (rul.number("rows_below", value, 1e-9, 1e12)) out.rows_below = value;
  } else if (out.kind == "signal") {
    label.text("signal", out.signal);
  } else {
    const YamlMap work_order(label.reader(), node, label.path(out.kind), {"kind", "within"});
    work_order.required({"kind"});
    std::string kind;
    if (work_order.text("kind", kind)) out.until = "work_order." + kind;
    lines.label_until = line_of(work_order.node("kind"));
  }
}

void read_trainer(const YamlMap& trainer, UseCase::Trainer& out) {
  if (trainer.keys().size() != 1) {
    if (trainer.keys().size() > 1) trainer.report(trainer.keys()[1], "one trainer only: gbdt or command");
    return;
  }
  out.kind = trainer.keys().front();
  if (out.kind == "command") {
    trainer.text("command", out.command);
    return;
  }
  const YamlMap gbdt(
      trainer.reader(), trainer.node("gbdt"), trainer.path("gbdt"),
      {"rounds", "depth", "learning_rate", "row_fraction", "column_fraction", "minimum_child_weight", "bins"});
  gbdt.count("rounds", out.rounds, 1, 100'000);
  gbdt.count("depth", out.depth, 1, 16);
  gbdt.number("learning_rate", out.learning_rate, 1e-6, 1);
  gbdt.number("row_fraction", out.row_fraction, 0.01, 1);
  gbdt.number("column_fraction", out.column_fraction, 0.01, 1);
  gbdt.number("minimum_child_weight", out.minimum_child_weight, 0, 1e9);
  gbdt.count("bins", out.bins, 2, 65'536);
}

void read_then(const YamlMap& then, UseCase::Decision& out) {
  then.text("advice", out.advice);
  if (out.advice == "none" || out.advice == "no_advice")
    then.report("advice", "this word is taken for \"nothing to do\"");
  if (then.has("work_order")) {
    const YamlMap map(then.reader(), then.node("work_order"), then.path("work_order"), {"priority", "text"});
    UseCase::WorkOrder order;
    map.one_of("priority", order.priority, {"low", "normal", "high", "urgent"});
    map.text("text", order.text);
    out.work_order = order;
  }
  if (then.has("write")) {
    const YamlMap map(then.reader(), then.node("write"), then.path("write"), {"opcua", "value"});
    map.required({"opcua", "value"});
    UseCase::Write write;
    if (map.text("opcua", write.opcua)) check_address(map, "opcua", write.opcua);
    write.is_prediction =
        map.has("value") && map.node("value").IsScalar() && map.node("value").Scalar() == prediction_word;
    if (!write.is_prediction) map.number("value", write.value, -1e300, 1e300);
    out.write = write;
  }
}

void read_envelope(const YamlMap& map, UseCase::Decision& out) {
  map.required({"range", "safe"});
  UseCase::Envelope envelope;
  const YAML::Node range = map.node("range");
  if (map.has("range")) {
    try {
      envelope.low = range[0].as<double>();
      envelope.high = range[1].as<double>();
      if (range.size() != 2 || !(envelope.low < envelope.high)) map.report("range", "two numbers, the lower one first");
    } catch (const YAML::Exception&) {
      map.report("range", "must be two numbers, e.g. [0, 100]");
      return;
    }
  }
  map.number("rate_per_s", envelope.rate_per_s, 0, 1e300);
  if (map.number("safe", envelope.safe, -1e300, 1e300) &&
      (envelope.safe < envelope.low || envelope.safe > envelope.high)) {
    map.report("safe", "the safe value must lie inside the range");
  }
  out.envelope = envelope;
}

/// What goes out must fit the mode.
void check_output(const YamlMap& decision, const UseCase::Decision& out) {
  if (!out.is_setpoint) {
    if (out.write && out.write->is_prediction)
      decision.report("then", "then.write.value: a display tag takes a number; only a set-point takes the prediction");
    return;
  }
  if (!out.write) {
    decision.report("mode",
                    "a setpoint needs then: {write: {opcua: ..., value: ...}}: where it goes, and what is wished");
  } else if (out.envelope && !out.write->is_prediction &&
             (out.write->value < out.envelope->low || out.write->value > out.envelope->high)) {
    decision.report("then", fmt::format("then.write.value: {} lies outside of the envelope's range", out.write->value));
  }
}

}  // namespace

void read_model(const YamlMap& model, UseCase::Model& out, UseCaseLines& lines) {
  model.required({"task", "label", "trainer"});
  model.one_of("task", out.task, {"regression", "classification", "anomaly"});
  model.text("output", out.output);
  model.text("unit", out.output_unit);
  if (model.has("label")) {
    if (model.node("label").IsMap() && model.node("label").size() == 0) {
      model.report("label", "say what is learned: remaining_useful_life, signal or work_order");
    }
    read_label(
        {model.reader(), model.node("label"), model.path("label"), {"remaining_useful_life", "signal", "work_order"}},
        out.label, lines);
  }
  if (model.has("trainer")) {
    if (model.node("trainer").IsMap() && model.node("trainer").size() == 0) {
      model.report("trainer", "say who trains: gbdt: {} or command: <your own>");
    }
    read_trainer({model.reader(), model.node("trainer"), model.path("trainer"), {"gbdt", "command"}}, out.trainer);
  }
  model.one_of("split", out.split, {"by_asset", "by_time"});
  model.parsed<double>("validation", out.validation, parse_fraction);
  if (model.has("gates")) read_gates({model.reader(), model.node("gates"), model.path("gates")}, {}, out.gates);
}

void read_decision(const YamlMap& decision, UseCase::Decision& out, UseCaseLines& lines) {
  decision.required({"when", "then"});
  decision.parsed<Condition>("when", out.when, parse_condition);
  lines.when = line_of(decision.node("when"));
  decision.count("hold", out.hold, 1, 10'000);
  if (decision.has("then")) {
    read_then({decision.reader(), decision.node("then"), decision.path("then"), {"advice", "work_order", "write"}},
              out);
  }
  std::string mode = "advisory";
  decision.one_of("mode", mode, {"advisory", "setpoint"});
  out.is_setpoint = mode == "setpoint";
  if (decision.has("envelope")) {
    read_envelope(
        {decision.reader(), decision.node("envelope"), decision.path("envelope"), {"range", "rate_per_s", "safe"}},
        out);
  } else if (out.is_setpoint) {
    decision.report("mode", "a setpoint needs an envelope: {range: [low, high], rate_per_s: ..., safe: ...}");
  }
  check_output(decision, out);
  if (decision.has("timeout")) {
    const YamlMap timeout(decision.reader(), decision.node("timeout"), decision.path("timeout"), {"after", "then"});
    timeout.required({"after"});
    timeout.parsed<std::int64_t>("after", out.timeout.after_us, parse_time_span_us);
    std::string then = "no_advice";
    timeout.one_of("then", then, {"no_advice", "safe"});
    if (then == "safe" && !out.is_setpoint)
      timeout.report("then", "only a set-point has a safe value: write no_advice, or mode: setpoint");
  }
}

void read_rollout(const YamlMap& rollout, UseCase::Rollout& out) {
  Quantity shadow;
  if (rollout.parsed<Quantity>("shadow", shadow, parse_quantity)) {
    if (shadow.unit != "decisions") rollout.report("shadow", "write a number of decisions, e.g. \"500 decisions\"");
    out.shadow_decisions = static_cast<std::uint64_t>(shadow.value);
  }
  std::vector<std::string> steps;
  if (rollout.texts("canary", steps)) {
    for (const std::string& step : steps) {
      const auto share = parse_fraction(step);
      if (!share) return rollout.report("canary", share.error().message);
      if (!out.canary.empty() && *share <= out.canary.back())
        return rollout.report("canary", "each step must be larger");
      out.canary.push_back(*share);
    }
    if (out.canary.empty() || out.canary.back() != 1) rollout.report("canary", "the last step must be 100 %");
  }
  rollout.parsed<std::int64_t>("soak", out.soak_us, parse_time_span_us);
  rollout.texts("abort_on", out.abort_on);
  for (const std::string& reason : out.abort_on) {
    if (reason == "crash" || reason == "error_worse") continue;
    if (const auto condition = parse_condition(reason); !condition)
      rollout.report("abort_on", condition.error().message);
  }
}

void read_monitor(const YamlMap& monitor, UseCase::Monitor& out) {
  if (monitor.has("drift")) {
    const YamlMap drift(monitor.reader(), monitor.node("drift"), monitor.path("drift"),
                        {"at_most_one_false_alarm_per"});
    drift.parsed<std::int64_t>("at_most_one_false_alarm_per", out.one_false_alarm_per_us, parse_time_span_us);
  }
  if (monitor.has("accuracy")) {
    const YamlMap accuracy(monitor.reader(), monitor.node("accuracy"), monitor.path("accuracy"));
    read_gates(accuracy, {"over"}, out.accuracy);
    Quantity over;
    if (accuracy.parsed<Quantity>("over", over, parse_quantity)) {
      if (over.unit != "labels") accuracy.report("over", "write a number of labels, e.g. \"200 labels\"");
      out.accuracy_over_labels = static_cast<std::uint64_t>(over.value);
    }
  }
}

void read_retrain(const YamlMap& retrain, UseCase::Retrain& out) {
  retrain.texts("when", out.when);
  for (const std::string& reason : out.when) {
    if (reason == "accuracy" || reason == "drift") continue;
    if (reason.starts_with("every ") && parse_time_span_us(std::string_view(reason).substr(6))) continue;
    if (parse_condition(reason)) continue;
    retrain.report("when", fmt::format("\"{}\": write accuracy, drift, \"labels >= 20\" or \"every 30 d\"", reason));
  }
  retrain.parsed<std::int64_t>("cooldown", out.cooldown_us, parse_time_span_us);
  retrain.one_of("then", out.then, {"propose", "shadow", "automatic"});
}

void read_feedback(const YamlMap& feedback, UseCase::Feedback& out) {
  feedback.texts("ask", out.ask);
  feedback.text("labels_from", out.labels_from);
}

}  // namespace millrace
