#include "delivery/assignment.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace millrace::delivery {
namespace {

using Json = nlohmann::json;

std::string text_or_number(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// The files of a bundle that a device runs; the manifest stays on the platform.
constexpr std::string_view run_files[] = {"model.onnx", "golden.json", "features.json"};

Result<Assignment::ModelRef> read_model(const Json& entry) {
  Assignment::ModelRef model{entry.at("use_case"), text_or_number(entry.at("version")), {}};
  if (model.version.find('/') == std::string::npos) model.version = model.use_case + "/" + model.version;
  for (const Json& file : entry.at("files")) {
    model.files.push_back({file.at("name"), file.at("sha256"), file.value("size", std::uint64_t{0})});
  }
  for (const std::string_view name : run_files) {
    if (model.find(name) == nullptr) {
      return fail(ErrorCode::corrupt, fmt::format("assignment: model {} has no {}", model.version, name));
    }
  }
  return model;
}

}  // namespace

const Artifact* Assignment::ModelRef::find(std::string_view name) const {
  const auto found = std::find_if(files.begin(), files.end(), [&](const Artifact& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

const Assignment::ModelRef* Assignment::model_of(std::string_view use_case) const {
  const auto found =
      std::find_if(models.begin(), models.end(), [&](const ModelRef& model) { return model.use_case == use_case; });
  return found == models.end() ? nullptr : &*found;
}

std::vector<Artifact> Assignment::needed() const {
  std::vector<Artifact> files;
  for (const auto& use_case : use_cases) files.push_back({use_case.name, use_case.sha256});
  for (const auto& model : models) {
    for (const std::string_view name : run_files) {
      if (const Artifact* file = model.find(name)) files.push_back(*file);
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.sha256 < b.sha256; });
  const auto same = [](const auto& a, const auto& b) { return a.sha256 == b.sha256; };
  files.erase(std::unique(files.begin(), files.end(), same), files.end());
  return files;
}

Result<Assignment> parse_assignment(std::string_view text, Content content) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail(ErrorCode::corrupt, fmt::format("no assignment: {}", text.substr(0, 80)));
  Assignment assignment;
  try {
    assignment.revision = json.at("revision");
    for (const Json& entry : json.at("use_cases")) {
      assignment.use_cases.push_back({entry.at("name"), text_or_number(entry.at("version")), entry.at("sha256")});
    }
    if (content == Content::use_cases_and_models) {
      for (const Json& entry : json.at("models")) {
        TRY_ASSIGN(auto model, read_model(entry));
        assignment.models.push_back(std::move(model));
      }
    }
  } catch (const Json::exception& error) {
    return fail(ErrorCode::corrupt, fmt::format("assignment: {}", error.what()));
  }
  if (assignment.revision.empty()) return fail(ErrorCode::corrupt, "assignment: the revision is empty");
  for (const Artifact& file : assignment.needed()) {
    if (!is_sha256(file.sha256)) {
      return fail(ErrorCode::corrupt, fmt::format("assignment: \"{}\" is no SHA-256", file.sha256));
    }
  }
  return assignment;
}

}  // namespace millrace::delivery
