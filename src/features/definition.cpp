#include "features/definition.hpp"

#include "base/hash.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace millrace {

using Json = nlohmann::ordered_json;

std::optional<std::size_t> RowLayout::find(std::string_view signal) const {
  const auto found = std::find(columns.begin(), columns.end(), signal);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

RowLayout row_layout(const UseCase& use_case) {
  RowLayout layout;
  const auto& of = use_case.features.of;
  for (const auto& signal : use_case.signals) {
    if (signal.role != SignalRole::measurement) continue;
    if (of.empty() || std::find(of.begin(), of.end(), signal.name) != of.end()) layout.columns.push_back(signal.name);
  }
  layout.measured = layout.columns.size();
  for (const auto& name : use_case.features.regimes.context) layout.columns.push_back(name);
  layout.context = layout.columns.size() - layout.measured;
  if (const auto* clock = use_case.signal_with_role(SignalRole::clock)) {
    layout.columns.push_back(clock->name);
    layout.clock = true;
  }
  return layout;
}

std::size_t RegimeNormalisation::regime_of(std::span<const double> context) const {
  std::size_t best = 0;
  double best_distance = std::numeric_limits<double>::infinity();
  for (std::size_t regime = 0; regime < centers.size(); ++regime) {
    double distance = 0;
    for (std::size_t i = 0; i < context.size(); ++i) {
      if (std::isnan(context[i])) continue;
      const double difference = (context[i] - context_mean[i]) / context_scale[i] - centers[regime][i];
      distance += difference * difference;
    }
    if (distance < best_distance) {
      best_distance = distance;
      best = regime;
    }
  }
  return best;
}

std::vector<std::string> FeatureDefinition::names() const {
  std::vector<std::string> names;
  names.reserve(size());
  for (const std::size_t column : used) {
    for (const StatisticSpec& spec : each) names.push_back(layout.columns[column] + "." + to_string(spec));
  }
  if (age) names.emplace_back("age");
  return names;
}

std::string FeatureDefinition::hash() const { return sha256_hex(to_json(*this)); }

Result<FeatureDefinition> compile_features(const UseCase& use_case) {
  const auto& features = use_case.features;
  FeatureDefinition definition{.use_case = use_case.name,
                               .layout = row_layout(use_case),
                               .window = features.window,
                               .step = features.step,
                               .baseline_rows = features.baseline_rows,
                               .hold = features.align_hold,
                               .age = features.age};
  for (const auto& name : features.each) {
    TRY_ASSIGN(const StatisticSpec spec, parse_statistic(name, features.baseline_rows));
    if (spec.kind == Statistic::delta_first) definition.baseline_rows = std::max(definition.baseline_rows, spec.rows);
    definition.each.push_back(spec);
  }
  for (std::size_t column = 0; column < definition.layout.measured; ++column) definition.used.push_back(column);
  if (definition.size() == 0) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("use case {} has no features: give it measured signals and features.each", use_case.name));
  }
  return definition;
}

std::string to_json(const FeatureDefinition& definition) {
  Json each = Json::array();
  for (const StatisticSpec& spec : definition.each) each.push_back(to_string(spec));
  const RegimeNormalisation& fit = definition.normalisation;
  return Json{{"format", "millrace-features-1"},
              {"use_case", definition.use_case},
              {"columns", definition.layout.columns},
              {"measured", definition.layout.measured},
              {"context", definition.layout.context},
              {"clock", definition.layout.clock},
              {"window", definition.window},
              {"step", definition.step},
              {"baseline_rows", definition.baseline_rows},
              {"hold", definition.hold},
              {"age", definition.age},
              {"each", each},
              {"used", definition.used},
              {"names", definition.names()},
              {"normalisation",
               {{"context_mean", fit.context_mean},
                {"context_scale", fit.context_scale},
                {"centers", fit.centers},
                {"mean", fit.mean},
                {"scale", fit.scale}}}}
      .dump(1);
}

namespace {

Result<void> check_sizes(const FeatureDefinition& definition) {
  const auto wrong = [](std::string_view what) {
    return fail(ErrorCode::corrupt, fmt::format("feature definition: {} does not fit the columns", what));
  };
  const RowLayout& layout = definition.layout;
  if (layout.measured + layout.context + (layout.clock ? 1 : 0) != layout.columns.size()) return wrong("measured");
  for (const std::size_t column : definition.used) {
    if (column >= layout.measured) return wrong("used");
  }
  const RegimeNormalisation& fit = definition.normalisation;
  if (fit.scale.size() != fit.mean.size()) return wrong("scale");
  if (fit.mean.size() > 1 && fit.centers.size() != fit.mean.size()) return wrong("centers");
  if (!fit.centers.empty() &&
      (fit.context_mean.size() != layout.context || fit.context_scale.size() != layout.context)) {
    return wrong("context_mean");
  }
  for (const auto& center : fit.centers) {
    if (center.size() != layout.context) return wrong("centers");
  }
  for (std::size_t regime = 0; regime < fit.mean.size(); ++regime) {
    if (fit.mean[regime].size() != layout.measured || fit.scale[regime].size() != layout.measured) return wrong("mean");
  }
  constexpr std::uint32_t most_rows = 100'000;
  if (definition.window == 0 || definition.window > most_rows || definition.baseline_rows > most_rows)
    return wrong("window");
  if (definition.step == 0) return wrong("step");
  return {};
}

}  // namespace

Result<FeatureDefinition> parse_feature_definition(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return fail(ErrorCode::corrupt, "feature definition: no JSON");
  FeatureDefinition definition;
  try {
    if (json.at("format") != "millrace-features-1") {
      return fail(ErrorCode::invalid_argument, "feature definition: this version reads \"millrace-features-1\" only");
    }
    json.at("use_case").get_to(definition.use_case);
    json.at("columns").get_to(definition.layout.columns);
    json.at("measured").get_to(definition.layout.measured);
    json.at("context").get_to(definition.layout.context);
    json.at("clock").get_to(definition.layout.clock);
    json.at("window").get_to(definition.window);
    json.at("step").get_to(definition.step);
    json.at("baseline_rows").get_to(definition.baseline_rows);
    json.at("hold").get_to(definition.hold);
    json.at("age").get_to(definition.age);
    for (const auto& name : json.at("each")) {
      TRY_ASSIGN(const StatisticSpec spec, parse_statistic(name.get<std::string>(), definition.baseline_rows));
      definition.each.push_back(spec);
    }
    json.at("used").get_to(definition.used);
    const Json& fit = json.at("normalisation");
    fit.at("context_mean").get_to(definition.normalisation.context_mean);
    fit.at("context_scale").get_to(definition.normalisation.context_scale);
    fit.at("centers").get_to(definition.normalisation.centers);
    fit.at("mean").get_to(definition.normalisation.mean);
    fit.at("scale").get_to(definition.normalisation.scale);
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt, fmt::format("feature definition: {}", error.what()));
  }
  TRY(check_sizes(definition));
  return definition;
}

}  // namespace millrace
