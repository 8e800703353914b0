#include "base/nearest.hpp"
#include "usecase/sections.hpp"
#include "usecase/statistics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {
namespace {

/// "signal "T25" is not among the signals; did you mean "T24"?"
std::string unknown_signal(const UseCase& use_case, std::string_view name) {
  Nearest nearest(name);
  for (const auto& signal : use_case.signals) nearest.offer(signal.name);
  const std::string hint = nearest.hint();
  return fmt::format("signal \"{}\" is not among the signals{}", name, hint.empty() ? "; declare it there" : hint);
}

void check_features(YamlReader& reader, const UseCase& use_case, const UseCaseLines& lines) {
  const auto& features = use_case.features;
  for (const std::string& name : features.each) {
    const auto statistic = parse_statistic(name);
    if (!statistic) reader.report_line(lines.each, "features.each", "features.each: " + statistic.error().message);
  }
  for (const std::string& name : features.of) {
    const auto* signal = use_case.find_signal(name);
    if (signal == nullptr) {
      reader.report_line(lines.of, "features.of", "features.of: " + unknown_signal(use_case, name));
    } else if (signal->role != SignalRole::measurement) {
      reader.report_line(
          lines.of, "features.of",
          fmt::format("features.of: {} has role {}, only measurements become features", name, to_string(signal->role)));
    }
  }
  for (const std::string& name : features.regimes.context) {
    const auto* signal = use_case.find_signal(name);
    if (signal == nullptr) {
      reader.report_line(lines.regimes, "features.regimes.context",
                         "features.regimes.context: " + unknown_signal(use_case, name));
    } else if (signal->role != SignalRole::context) {
      reader.report_line(lines.regimes, "features.regimes.context",
                         fmt::format("features.regimes.context: give signal {} the role context", name));
    }
  }
  if (use_case.signal_with_role(SignalRole::measurement) == nullptr && !use_case.signals.empty()) {
    reader.report_line(use_case.signals.front().line, "signals",
                       "signals: none is a measurement, so there are no features");
  }
  if (features.age && use_case.signal_with_role(SignalRole::clock) == nullptr) {
    reader.report_line(lines.age, "features.age", "features.age: needs a signal with role: clock");
  }
}

void check_single(YamlReader& reader, const UseCase& use_case, SignalRole role) {
  const auto* first = use_case.signal_with_role(role);
  for (const auto& signal : use_case.signals) {
    if (signal.role != role || &signal == first) continue;
    reader.report_line(signal.line, "signals",
                       fmt::format("signal {}: {} has the role {} already, in line {}", signal.name, first->name,
                                   to_string(role), first->line));
  }
}

void check_label(YamlReader& reader, const UseCase& use_case, const UseCaseLines& lines) {
  const auto* work_order = use_case.signal_with_role(SignalRole::work_order);
  constexpr std::string_view prefix = "work_order.";
  const std::string& until = use_case.model.label.until;
  if (work_order != nullptr && until.starts_with(prefix)) {
    const std::string kind = until.substr(prefix.size());
    Nearest nearest(kind);
    bool known = false;
    for (const auto& [code, name] : work_order->codes) {
      known = known || name == kind;
      nearest.offer(name);
    }
    if (!known) {
      reader.report_line(
          lines.label_until, "model.label",
          fmt::format("model.label: signal {} has no code for \"{}\"{}", work_order->name, kind, nearest.hint()));
    }
  }
  const std::string& signal = use_case.model.label.signal;
  if (!signal.empty() && use_case.find_signal(signal) == nullptr) {
    reader.report_line(lines.label_until, "model.label.signal",
                       "model.label.signal: " + unknown_signal(use_case, signal));
  }
}

void check_decision(YamlReader& reader, const UseCase& use_case, const UseCaseLines& lines) {
  const std::string& name = use_case.decision.when.name;
  if (name.empty() || name == use_case.model.output || name == "prediction") return;
  Nearest nearest(name);
  nearest.offer(use_case.model.output);
  nearest.offer("prediction");
  std::string message =
      fmt::format("decision.when: \"{}\" is not what the model gives ({})", name, use_case.model.output);
  if (use_case.find_signal(name) != nullptr) {
    message += ": a decision rests on the prediction, not on a signal";
  } else {
    message += nearest.hint();
  }
  reader.report_line(lines.when, "decision.when", std::move(message));
}

}  // namespace

void check_references(YamlReader& reader, const UseCase& use_case, const UseCaseLines& lines) {
  for (std::size_t i = 0; i < use_case.privacy.size(); ++i) {
    const std::string& name = use_case.privacy[i].signal;
    if (name.empty() || use_case.find_signal(name) != nullptr) continue;
    reader.report_line(lines.privacy[i], fmt::format("privacy[{}].signal", i),
                       "privacy: " + unknown_signal(use_case, name));
  }
  for (const SignalRole role : {SignalRole::clock, SignalRole::work_order, SignalRole::finding}) {
    check_single(reader, use_case, role);
  }
  check_features(reader, use_case, lines);
  check_label(reader, use_case, lines);
  check_decision(reader, use_case, lines);
}

}  // namespace millrace
