#include "inference/engine.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace millrace {
namespace {

constexpr std::string_view format_name = "millrace-golden-1";

/// JSON has no NaN: a missing input is null.
Result<std::vector<float>> read_floats(const nlohmann::json& array, std::string_view what) {
  std::vector<float> values;
  if (!array.is_array()) return fail(ErrorCode::corrupt, fmt::format("golden vectors: '{}' must be a list", what));
  for (const auto& item : array) {
    if (item.is_null()) {
      values.push_back(std::numeric_limits<float>::quiet_NaN());
    } else if (item.is_number()) {
      values.push_back(item.get<float>());
    } else {
      return fail(ErrorCode::corrupt, fmt::format("golden vectors: '{}' holds something that is not a number", what));
    }
  }
  return values;
}

/// The shortest text that reads back to the same float.
void append_floats(std::string& out, const std::vector<float>& values) {
  out += '[';
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (k > 0) out += ',';
    out += std::isfinite(values[k]) ? fmt::format("{}", values[k]) : "null";
  }
  out += ']';
}

}  // namespace

Result<GoldenVectors> parse_golden_vectors(std::string_view json) {
  const auto document = nlohmann::json::parse(json, nullptr, false);
  if (!document.is_object() || !document.contains("format") || document["format"] != format_name) {
    return fail(ErrorCode::corrupt, fmt::format("golden vectors: not a JSON object of format '{}'", format_name));
  }
  const auto features = document.find("features");
  const auto tolerance = document.find("tolerance");
  const auto inputs = document.find("inputs");
  const auto outputs = document.find("outputs");
  if (features == document.end() || !features->is_number_unsigned() || tolerance == document.end() ||
      !tolerance->is_number() || inputs == document.end() || outputs == document.end()) {
    return fail(ErrorCode::corrupt, "golden vectors: features, tolerance, inputs and outputs must be there");
  }
  GoldenVectors golden;
  golden.features = features->get<std::size_t>();
  golden.tolerance = tolerance->get<double>();
  TRY_ASSIGN(golden.inputs, read_floats(*inputs, "inputs"));
  TRY_ASSIGN(golden.outputs, read_floats(*outputs, "outputs"));
  if (golden.outputs.empty() || golden.features == 0 ||
      golden.inputs.size() / golden.features != golden.outputs.size() || golden.inputs.size() % golden.features != 0) {
    return fail(ErrorCode::corrupt, fmt::format("golden vectors: {} inputs of {} features do not match {} outputs",
                                                golden.inputs.size(), golden.features, golden.outputs.size()));
  }
  return golden;
}

std::string to_json(const GoldenVectors& golden) {
  std::string out = fmt::format(R"({{"format":"{}","features":{},"tolerance":{},"inputs":)", format_name,
                                golden.features, golden.tolerance);
  append_floats(out, golden.inputs);
  out += R"(,"outputs":)";
  append_floats(out, golden.outputs);
  out += "}\n";
  return out;
}

Result<void> check_golden_vectors(Engine& engine, const GoldenVectors& golden) {
  if (engine.features() != golden.features || engine.outputs() != 1) {
    return fail(ErrorCode::failed_precondition,
                fmt::format("the model takes {} features and gives {} outputs; its golden vectors have {} and 1",
                            engine.features(), engine.outputs(), golden.features));
  }
  for (std::size_t row = 0; row < golden.outputs.size(); ++row) {
    float output = 0;
    const std::span<const float> inputs(golden.inputs.data() + row * golden.features, golden.features);
    TRY(engine.run(inputs, std::span(&output, 1)));
    const double expected = golden.outputs[row];
    const double allowed = golden.tolerance * std::max(1.0, std::abs(expected));
    if (!(std::abs(output - expected) <= allowed)) {  // also catches NaN
      return fail(ErrorCode::failed_precondition,
                  fmt::format("golden vector {}: engine '{}' gives {}, the trainer gave {}; tolerance {}", row,
                              engine.name(), output, golden.outputs[row], golden.tolerance));
    }
  }
  return {};
}

}  // namespace millrace
