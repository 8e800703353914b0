// outcome, signals, quality, privacy, features: what goes in.
#include "base/nearest.hpp"
#include "signal/units.hpp"
#include "usecase/sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace millrace {
namespace {

constexpr double any = 1e300;

void read_time(const YamlMap& map, std::string_view key, std::optional<TimeUs>& out) {
  TimeUs time_us = 0;
  if (map.parsed<TimeUs>(key, time_us, parse_time)) out = time_us;
}

void read_baseline(const YamlMap& baseline, UseCase::Baseline& out) {
  baseline.text("policy", out.policy);
  double measured = 0;
  if (baseline.number("measured", measured, -any, any)) out.measured = measured;
  read_time(baseline, "from", out.from_us);
  read_time(baseline, "to", out.to_us);
  if (out.from_us.has_value() != out.to_us.has_value()) {
    baseline.report(out.from_us ? "from" : "to", "from and to belong together");
  } else if (out.from_us && *out.from_us >= *out.to_us) {
    baseline.report("to", "must be after from");
  } else if (!out.measured && !out.from_us && !baseline.has("measured") && !baseline.has("from")) {
    baseline.report("measured",
                    "say what the KPI is today: measured: <number>, or from: and to: to measure it in the lake");
  }
}

bool is_signal_name(const std::string& name) {
  constexpr std::size_t longest = 64;
  if (name.empty() || name.size() > longest || !std::isalpha(static_cast<unsigned char>(name[0]))) return false;
  for (const char c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '-' && c != '.') return false;
  }
  return true;
}

void check_unit(const YamlMap& map, UseCase::SignalDeclaration& signal) {
  if (signal.unit.empty()) return;
  const auto unit = find_unit(signal.unit);
  if (!unit) return map.report("unit", unit.error().message);
  bool is_dimension = false;
  for (const Unit& other : all_units()) is_dimension = is_dimension || other.dimension == signal.quantity;
  if (is_dimension && (*unit)->dimension != signal.quantity) {
    map.report("unit", fmt::format("{} is a unit of {}, but the quantity is {}", signal.unit, (*unit)->dimension,
                                   signal.quantity));
  }
}

void read_range(const YamlMap& map, UseCase::SignalDeclaration& signal) {
  if (!map.has("range")) return;
  const YAML::Node range = map.node("range");
  if (!range.IsSequence() || range.size() != 2) return map.report("range", "must be two numbers, e.g. [600, 700]");
  double bounds[2];
  for (std::size_t i = 0; i < 2; ++i) {
    const std::string text = range[i].IsScalar() ? range[i].Scalar() : "";
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bounds[i]);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(bounds[i])) {
      return map.report("range", fmt::format("\"{}\" is no number", text));
    }
  }
  if (bounds[0] >= bounds[1]) return map.report("range", "the first number must be below the second");
  signal.range = {bounds[0], bounds[1]};
}

void read_codes(const YamlMap& map, UseCase::SignalDeclaration& signal) {
  if (!map.has("codes")) {
    if (signal.role == SignalRole::work_order)
      map.report("codes", "a work_order signal needs codes, e.g. {1: overhaul, 2: failure}");
    return;
  }
  if (signal.role != SignalRole::work_order)
    return map.report("codes", "only a signal with role: work_order has codes");
  const YamlMap codes(map.reader(), map.node("codes"), map.path("codes"));
  for (const std::string& key : codes.keys()) {
    int code = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), code);
    std::string kind;
    if (error != std::errc{} || end != key.data() + key.size() || code == 0) {
      codes.report(key, "a code is a whole number other than 0");
    } else if (codes.text(key, kind)) {
      signal.codes[code] = kind;
    }
  }
}

UseCase::SignalDeclaration read_signal(const YamlMap& map, int line) {
  UseCase::SignalDeclaration signal;
  signal.line = line;
  map.required({"name"});
  if (map.text("name", signal.name) && !is_signal_name(signal.name)) {
    map.report("name",
               fmt::format("\"{}\": a name is a letter, then letters, digits, _ - . (64 at most)", signal.name));
  }
  map.parsed<SignalRole>("role", signal.role, parse_signal_role);
  map.text("quantity", signal.quantity);
  if (map.text("unit", signal.unit)) check_unit(map, signal);
  if (map.text("opcua", signal.opcua)) check_address(map, "opcua", signal.opcua);
  read_range(map, signal);
  map.parsed<std::int64_t>("period", signal.period_us, parse_time_span_us);
  read_codes(map, signal);
  map.boolean("steady", signal.steady);
  return signal;
}

void read_stuck(const YamlMap& quality, UseCase::Quality& out) {
  std::string written;
  if (!quality.text("stuck_for", written)) return;
  if (const auto duration_us = parse_time_span_us(written)) {
    out.stuck_us = *duration_us;
    return;
  }
  const auto count = parse_quantity(written);
  constexpr double most = 1e6;
  if (!count || (count->unit != "cycles" && count->unit != "rows" && count->unit != "samples") || count->value < 2 ||
      count->value > most) {
    return quality.report("stuck_for",
                          fmt::format("\"{}\" is no span: write \"20 cycles\" (rows, samples) or \"10 min\"", written));
  }
  out.stuck_rows = static_cast<std::uint32_t>(count->value);
}

}  // namespace

void check_address(const YamlMap& map, std::string_view key, const std::string& address) {
  if (address.starts_with("ns=")) {
    return map.report(key, fmt::format("\"{}\" uses a namespace index, which changes when the server restarts: write "
                                       "nsu=<namespace URI>;s=...",
                                       address));
  }
  const std::size_t id = address.find(';');
  const std::string_view rest = id == std::string::npos ? std::string_view() : std::string_view(address).substr(id + 1);
  const bool kind =
      rest.size() > 2 && rest[1] == '=' && std::string_view("sigb").find(rest[0]) != std::string_view::npos;
  if (!address.starts_with("nsu=") || id <= 4 || !kind) {
    return map.report(key, fmt::format("\"{}\" is no node address: write nsu=<namespace URI>;s=<identifier>", address));
  }
  for (std::size_t open = address.find('{'); open != std::string::npos; open = address.find('{', open + 1)) {
    if (std::string_view(address).substr(open, 7) != "{asset}") {
      return map.report(key, fmt::format("\"{}\": the only placeholder is {{asset}}", address));
    }
  }
}

void read_outcome(const YamlMap& outcome, UseCase::Outcome& out) {
  outcome.required({"kpi", "baseline", "target"});
  outcome.text("kpi", out.kpi);
  if (outcome.has("baseline")) {
    read_baseline(
        {outcome.reader(), outcome.node("baseline"), outcome.path("baseline"), {"policy", "measured", "from", "to"}},
        out.baseline);
  }
  outcome.parsed<Target>("target", out.target, parse_target);
  if (outcome.has("guard")) {
    std::vector<UseCase::Gate> limits;
    read_gates({outcome.reader(), outcome.node("guard"), outcome.path("guard")}, {}, limits);
    for (auto& limit : limits) out.guard.push_back({std::move(limit.name), std::move(limit.limit)});
  }
  outcome.texts("stakeholders", out.stakeholders);
}

void read_gates(const YamlMap& gates, std::initializer_list<std::string_view> leave_out,
                std::vector<UseCase::Gate>& out) {
  for (const std::string& key : gates.keys()) {
    if (std::find(leave_out.begin(), leave_out.end(), key) != leave_out.end()) continue;
    std::string written;
    if (!gates.text(key, written)) continue;
    const bool bare =
        std::isdigit(static_cast<unsigned char>(written[0])) != 0 || written[0] == '-' || written[0] == '.';
    auto limit = parse_comparison(bare ? "<= " + written : written);
    if (!limit) {
      gates.report(key, fmt::format("\"{}\" is no limit: write e.g. \"<= 15\"", written));
    } else {
      out.push_back({key, std::move(*limit)});
    }
  }
}

void read_signals(YamlReader& reader, const YAML::Node& list, UseCase& use_case) {
  if (!list.IsSequence() || list.size() == 0) {
    return reader.report(list, "signals", "signals: must be a list with at least one signal");
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const YamlMap map(reader, list[i], fmt::format("signals[{}]", i),
                      {"name", "role", "quantity", "unit", "opcua", "range", "period", "codes", "steady"});
    auto signal = read_signal(map, line_of(list[i]));
    if (const auto* other = use_case.find_signal(signal.name); other != nullptr && !signal.name.empty()) {
      map.report("name", fmt::format("signal \"{}\" is there already, in line {}", signal.name, other->line));
      continue;
    }
    use_case.signals.push_back(std::move(signal));
  }
}

void read_quality(const YamlMap& quality, UseCase::Quality& out) {
  std::string missing;
  if (quality.text("missing", missing)) {
    const auto limit = parse_comparison(missing);
    if (!limit || limit->compare != CompareOperator::less_equal || limit->value < 0 || limit->value > 1) {
      quality.report("missing", fmt::format("\"{}\" must be a share at most, e.g. \"<= 5 %\"", missing));
    } else {
      out.missing = limit->value;
    }
  }
  read_stuck(quality, out);
  quality.parsed<std::int64_t>("freshness", out.freshness_us, parse_time_span_us);
  quality.number("spike", out.spike, 0, 1000);
  out.clock_skew_us = out.freshness_us;  // a clock that is wrong by more makes every value stale
  quality.parsed<std::int64_t>("clock_skew", out.clock_skew_us, parse_time_span_us);
}

void read_privacy(YamlReader& reader, const YAML::Node& list, UseCase& use_case, UseCaseLines& lines) {
  if (!list.IsSequence()) return reader.report(list, "privacy", "privacy: must be a list, [] when nothing is personal");
  for (std::size_t i = 0; i < list.size(); ++i) {
    const YamlMap map(reader, list[i], fmt::format("privacy[{}]", i),
                      {"signal", "pseudonymise", "drop", "generalise", "aggregate"});
    map.required({"signal"});
    UseCase::PrivacyRule rule;
    map.text("signal", rule.signal);
    for (const std::string& key : map.keys()) {
      if (key == "signal") continue;
      if (!rule.method.empty()) {
        map.report(key, "one method per rule");
        break;
      }
      rule.method = key;
      if (map.node(key).IsScalar()) continue;  // "drop: true"
      const YamlMap options(reader, map.node(key), map.path(key));
      for (const std::string& option : options.keys()) options.text(option, rule.options[option]);
    }
    if (rule.method.empty()) map.report("signal", "say how: pseudonymise, drop, generalise or aggregate");
    lines.privacy.push_back(line_of(list[i]));
    use_case.privacy.push_back(std::move(rule));
  }
}

void read_features(const YamlMap& features, UseCase::Features& out, UseCaseLines& lines) {
  features.required({"window", "each"});
  constexpr std::uint32_t longest = 100'000;
  if (features.has("window")) {
    const YamlMap window(features.reader(), features.node("window"), features.path("window"), {"size", "step", "unit"});
    window.required({"size"});
    window.count("size", out.window, 1, longest);
    window.count("step", out.step, 1, longest);
    std::string unit;
    window.one_of("unit", unit, {"samples", "rows", "cycles"});
  }
  features.texts("each", out.each);
  features.texts("of", out.of);
  features.boolean("age", out.age);
  features.boolean("drop_constant", out.drop_constant);
  if (features.has("baseline")) {
    const YamlMap baseline(features.reader(), features.node("baseline"), features.path("baseline"), {"rows"});
    baseline.required({"rows"});
    baseline.count("rows", out.baseline_rows, 1, longest);
  }
  if (features.has("align")) {
    const YamlMap align(features.reader(), features.node("align"), features.path("align"), {"timeout", "missing"});
    align.parsed<std::int64_t>("timeout", out.align_timeout_us, parse_time_span_us);
    std::string missing = "hold";
    align.one_of("missing", missing, {"hold", "gap"});
    out.align_hold = missing == "hold";
  }
  if (features.has("regimes")) {
    const YamlMap regimes(features.reader(), features.node("regimes"), features.path("regimes"),
                          {"clusters", "context"});
    regimes.required({"clusters", "context"});
    regimes.count("clusters", out.regimes.clusters, 0, 1000);
    regimes.texts("context", out.regimes.context);
  }
  lines.each = line_of(features.node("each"));
  lines.of = line_of(features.node("of"));
  lines.regimes = line_of(features.node("regimes"));
  lines.age = line_of(features.node("age"));
}

}  // namespace millrace
