#include "usecase/usecase.hpp"

#include "usecase/sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace millrace {
namespace {

bool is_use_case_name(const std::string& name) {
  constexpr std::size_t longest = 64;
  if (name.empty() || name.size() > longest || !std::islower(static_cast<unsigned char>(name[0]))) return false;
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::islower(c) || std::isdigit(c) || c == '-'; });
}

void read_head(const YamlMap& file, UseCase& use_case) {
  file.required({"use_case", "title", "owner", "outcome", "assets", "signals", "features", "model", "decision"});
  if (file.text("use_case", use_case.name) && !is_use_case_name(use_case.name)) {
    file.report("use_case",
                fmt::format("\"{}\": a name is lower-case letters, digits and - (64 at most)", use_case.name));
  }
  file.text("title", use_case.title);
  file.text("owner", use_case.owner);
}

void read_assets(const YamlMap& assets, UseCase::Assets& out) {
  assets.required({"type"});
  assets.text("type", out.type);
  if (!assets.has("select")) return;
  const YamlMap select(assets.reader(), assets.node("select"), assets.path("select"), {"site", "tag"});
  select.text("site", out.site);
  select.text("tag", out.tag);
}

void read_file(YamlReader& reader, const YAML::Node& document, UseCase& use_case, UseCaseLines& lines) {
  const YamlMap file(reader, document, "",
                     {"use_case", "title", "owner", "outcome", "assets", "signals", "quality", "privacy", "features",
                      "model", "decision", "rollout", "monitor", "retrain", "feedback"});
  if (!document.IsMap()) return;
  const auto section = [&](std::string_view key, std::initializer_list<std::string_view> known) {
    return YamlMap(reader, file.node(key), std::string(key), known);
  };
  read_head(file, use_case);
  if (file.has("outcome"))
    read_outcome(section("outcome", {"kpi", "baseline", "target", "guard", "stakeholders"}), use_case.outcome);
  if (file.has("assets")) read_assets(section("assets", {"type", "select"}), use_case.assets);
  if (file.has("signals")) read_signals(reader, file.node("signals"), use_case);
  if (file.has("quality"))
    read_quality(section("quality", {"missing", "stuck_for", "freshness", "spike", "clock_skew"}), use_case.quality);
  if (file.has("privacy")) read_privacy(reader, file.node("privacy"), use_case, lines);
  if (file.has("features")) {
    read_features(section("features", {"window", "each", "of", "age", "drop_constant", "baseline", "align", "regimes"}),
                  use_case.features, lines);
  }
  if (file.has("model")) {
    read_model(section("model", {"task", "output", "unit", "label", "trainer", "split", "validation", "gates"}),
               use_case.model, lines);
  }
  if (file.has("decision")) {
    read_decision(section("decision", {"when", "hold", "then", "mode", "envelope", "timeout"}), use_case.decision,
                  lines);
  }
  if (file.has("rollout")) {
    use_case.rollout = UseCase::Rollout{};
    read_rollout(section("rollout", {"shadow", "canary", "soak", "abort_on"}), *use_case.rollout);
  }
  if (file.has("monitor")) {
    use_case.monitor = UseCase::Monitor{};
    read_monitor(section("monitor", {"drift", "accuracy"}), *use_case.monitor);
  }
  if (file.has("retrain")) {
    use_case.retrain = UseCase::Retrain{};
    read_retrain(section("retrain", {"when", "cooldown", "then"}), *use_case.retrain);
  }
  if (file.has("feedback")) {
    use_case.feedback = UseCase::Feedback{};
    read_feedback(section("feedback", {"ask", "labels_from"}), *use_case.feedback);
  }
  check_references(reader, use_case, lines);
}

Error to_error(const std::vector<UseCaseProblem>& problems, std::string_view source_name) {
  std::string message;
  for (const UseCaseProblem& problem : problems) {
    if (!message.empty()) message += '\n';
    message += problem.line > 0 ? fmt::format("{}:{}: {}", source_name, problem.line, problem.message)
                                : fmt::format("{}: {}", source_name, problem.message);
  }
  return {ErrorCode::invalid_argument, std::move(message)};
}

}  // namespace

const UseCase::SignalDeclaration* UseCase::find_signal(std::string_view signal) const {
  const auto found = std::find_if(signals.begin(), signals.end(), [&](const auto& s) { return s.name == signal; });
  return found == signals.end() ? nullptr : &*found;
}

const UseCase::SignalDeclaration* UseCase::signal_with_role(SignalRole role) const {
  const auto found = std::find_if(signals.begin(), signals.end(), [&](const auto& s) { return s.role == role; });
  return found == signals.end() ? nullptr : &*found;
}

ParsedUseCase check_use_case(std::string_view yaml) {
  ParsedUseCase parsed;
  YamlReader reader, refused, warnings;
  const auto document = load_yaml(yaml, reader);
  if (document) {
    try {
      UseCaseLines lines;
      read_file(reader, *document, parsed.use_case, lines);
      refuse_privacy(parsed.use_case, lines, refused);
      find_not_carried_out(*document, warnings);
    } catch (const YAML::Exception& error) {
      reader.report_line(error.mark.is_null() ? 0 : error.mark.line + 1, "", "not readable: " + error.msg);
    }
  }
  parsed.problems = reader.take_problems();
  parsed.refused = refused.take_problems();
  parsed.warnings = warnings.take_problems();
  return parsed;
}

Result<UseCase> parse_use_case(std::string_view yaml, std::string_view source_name) {
  ParsedUseCase parsed = check_use_case(yaml);
  if (parsed.problems.empty()) return std::move(parsed.use_case);
  return fail(to_error(parsed.problems, source_name));
}

Result<UseCase> parse_applicable_use_case(std::string_view yaml, std::string_view source_name) {
  ParsedUseCase parsed = check_use_case(yaml);
  if (parsed.obstacles().empty()) return std::move(parsed.use_case);
  return fail(to_error(parsed.obstacles(), source_name));
}

std::string expand_address(std::string_view address, std::string_view asset) {
  constexpr std::string_view placeholder = "{asset}";
  std::string expanded(address);
  for (std::size_t at = expanded.find(placeholder); at != std::string::npos;
       at = expanded.find(placeholder, at + asset.size())) {
    expanded.replace(at, placeholder.size(), asset);
  }
  return expanded;
}

}  // namespace millrace
