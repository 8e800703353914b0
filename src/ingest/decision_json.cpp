#include "ingest/decision_json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <utility>

namespace millrace {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

std::string text_of(const element& value) {
  if (value.is_string()) return std::string(std::string_view(value));
  if (value.is_null()) return {};
  return simdjson::to_string(value);
}

double number_of(const element& value) {
  if (value.is_bool()) return bool(value) ? 1.0 : 0.0;
  double number = no_value;
  if (value.get_double().get(number) != simdjson::SUCCESS) return no_value;
  return number;
}

std::int64_t integer_of(const element& value) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS) {
    const double real = number_of(value);
    number = real > -9e18 && real < 9e18 ? static_cast<std::int64_t>(real) : 0;
  }
  return number;
}

constexpr std::pair<std::string_view, std::string DecisionRow::*> texts[] = {
    {"decision_id", &DecisionRow::decision_id},
    {"site", &DecisionRow::site},
    {"asset", &DecisionRow::asset},
    {"device", &DecisionRow::device},
    {"use_case", &DecisionRow::use_case},
    {"use_case_version", &DecisionRow::use_case_version},
    {"model_version", &DecisionRow::model_version},
    {"feature_hash", &DecisionRow::feature_hash},
    {"unit", &DecisionRow::unit},
    {"advice", &DecisionRow::advice},
    {"reason", &DecisionRow::reason}};
constexpr std::pair<std::string_view, double DecisionRow::*> numbers[] = {{"clock", &DecisionRow::clock},
                                                                          {"prediction", &DecisionRow::prediction},
                                                                          {"inputs_good", &DecisionRow::inputs_good},
                                                                          {"latency_us", &DecisionRow::latency_us}};
constexpr std::pair<std::string_view, TimeUs DecisionRow::*> times[] = {
    {"time_us", &DecisionRow::time_us}, {"source_time_us", &DecisionRow::source_time_us}};

}  // namespace

Result<DecisionRow> parse_decision(std::string_view json, TimeUs received_us) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return fail(ErrorCode::corrupt, fmt::format("not a decision record: {}", json.substr(0, 200)));
  }
  DecisionRow row;
  row.received_us = received_us;
  for (const auto& [key, value] : object) {
    for (const auto& [name, member] : texts) {
      if (key == name) row.*member = text_of(value);
    }
    for (const auto& [name, member] : numbers) {
      if (key == name) row.*member = number_of(value);
    }
    for (const auto& [name, member] : times) {
      if (key == name) row.*member = integer_of(value);
    }
    if (key == "hold") row.hold = static_cast<std::int32_t>(integer_of(value));
    simdjson::dom::array features;
    if (key == "features" && value.get(features) == simdjson::SUCCESS) {
      for (const auto feature : features) row.features.push_back(number_of(feature));
    }
  }
  if (row.decision_id.empty())
    return fail(ErrorCode::corrupt, fmt::format("a decision without decision_id: {}", json.substr(0, 200)));
  return row;
}

}  // namespace millrace
