#include "registry/model_version.hpp"

#include "registry/artifact_store.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace millrace {
namespace {

constexpr std::array<std::pair<ModelState, std::string_view>, 4> state_names{{{ModelState::candidate, "candidate"},
                                                                              {ModelState::refused, "refused"},
                                                                              {ModelState::approved, "approved"},
                                                                              {ModelState::retired, "retired"}}};

tl::unexpected<Error> not_yet(const ModelVersion& model, const std::string& why) {
  return fail(ErrorCode::failed_precondition, "model " + model.name() + " cannot be approved: " + why);
}

}  // namespace

std::string_view to_string(ModelState state) {
  for (const auto& [value, name] : state_names) {
    if (value == state) return name;
  }
  return "unknown";
}

Result<ModelState> parse_model_state(std::string_view text) {
  for (const auto& [value, name] : state_names) {
    if (name == text) return value;
  }
  return fail(ErrorCode::invalid_argument, "'" + std::string(text) + "' is not a state of a model");
}

Result<void> may_be_approved(const ModelVersion& model, std::string_view approver) {
  if (approver.empty()) return fail(ErrorCode::invalid_argument, "an approval needs the approver's name");
  if (model.state == ModelState::approved) return not_yet(model, "it is approved already, by " + model.approval.by);
  if (model.state == ModelState::retired) return not_yet(model, "it is retired; train a new version");
  const auto failed =
      std::find_if(model.gates.begin(), model.gates.end(), [](const auto& gate) { return !gate.passed; });
  if (failed != model.gates.end()) {
    return not_yet(model, "gate '" + failed->name + " " + failed->comparison + " " + std::to_string(failed->limit) +
                              "' failed; mend the data or the features and train again");
  }
  if (model.state == ModelState::refused) return not_yet(model, "a gate refused it");
  if (model.dataset.rows == 0 || !is_sha256(model.dataset.sha256)) return not_yet(model, "it has no dataset manifest");
  if (model.code_commit.empty()) return not_yet(model, "the commit of the code that trained it is not known");
  const bool bundle =
      std::any_of(model.files.begin(), model.files.end(), [](const auto& file) { return is_sha256(file.sha256); });
  if (!bundle) return not_yet(model, "it has no files");
  return {};
}

Result<ModelName> parse_model_name(std::string_view name) {
  const auto slash = name.rfind('/');
  ModelName parsed;
  if (slash != std::string_view::npos && slash > 0) {
    parsed.use_case = name.substr(0, slash);
    const auto digits = name.substr(slash + 1);
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.number);
    if (failure == std::errc() && end == digits.data() + digits.size() && parsed.number > 0) return parsed;
  }
  return fail(ErrorCode::invalid_argument,
              "'" + std::string(name.substr(0, 120)) + "' is not a model version: write USE_CASE/NUMBER");
}

}  // namespace millrace
