#include "platform/training_desk.hpp"

#include "platform/api_json.hpp"
#include "platform/services.hpp"
#include "training/lake/lake_source.hpp"
#include "training/training.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

namespace millrace {
namespace {

using nlohmann::json;

std::uint64_t whole_number(const json& object, const char* member) {
  const auto found = object.find(member);
  if (found == object.end()) return 0;
  if (found->is_number_unsigned()) return found->get<std::uint64_t>();
  std::uint64_t number = 0;
  if (found->is_string()) {
    const auto& text = found->get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

DatasetManifest dataset_of(const ModelBundle& bundle) {
  const auto manifest = json::parse(bundle.manifest_json, nullptr, false);
  const auto found = manifest.is_object() && manifest.contains("dataset") ? manifest["dataset"] : json::object();
  return {whole_number(found, "snapshot"), bundle.dataset_rows, whole_number(found, "assets"), bundle.dataset_sha256};
}

std::vector<ModelGate> gates_of(const ModelBundle& bundle) {
  std::vector<ModelGate> gates;
  for (const auto& result : bundle.gates) {
    ModelGate gate{.name = result.name, .comparison = "<=", .value = result.value, .passed = result.passed};
    if (const auto limit = parse_comparison(result.limit)) {
      gate.comparison = to_string(limit->compare);
      gate.limit = limit->value;
    }
    gates.push_back(std::move(gate));
  }
  return gates;
}

std::vector<ModelMetric> metrics_of(const Metrics& metrics) {
  if (metrics.rows == 0) return {};
  return {{"rmse", metrics.rmse},
          {"rmse_uncapped", metrics.rmse_uncapped},
          {"mae", metrics.mae},
          {"bias", metrics.bias},
          {"nasa_score", metrics.nasa_score},
          {"validation_rows", static_cast<double>(metrics.rows)}};
}

/// Blocking: each file is written and synced.
Result<std::vector<ModelFile>> store_files(ArtifactStore& artifacts, const ModelBundle& bundle) {
  std::vector<ModelFile> files;
  const std::pair<const char*, const std::string*> parts[] = {{"model.onnx", &bundle.model_onnx},
                                                              {"golden.json", &bundle.golden_json},
                                                              {"features.json", &bundle.features_json},
                                                              {"manifest.json", &bundle.manifest_json}};
  for (const auto& [name, bytes] : parts) {
    TRY_ASSIGN(auto sha256, artifacts.put(*bytes));
    files.push_back({name, std::move(sha256), bytes->size()});
  }
  return files;
}

/// What runs on the worker: from the lake to a version that only lacks its registration.
Result<ModelVersion> make_version(Lake& lake, ArtifactStore& artifacts, const TrainingRequest& request,
                                  std::int64_t number, const TrainingProgress& progress) {
  TRY_ASSIGN(const auto source, make_lake_source(lake, {.site = "*"}));
  TRY_ASSIGN(const auto bundle, train(request, *source, progress));
  ModelVersion version;
  version.use_case = request.use_case.name;
  version.number = number;
  version.created_us = request.now_us;
  version.code_commit = request.code_commit;
  version.dataset = dataset_of(bundle);
  version.metrics = metrics_of(bundle.validation);
  version.gates = gates_of(bundle);
  TRY_ASSIGN(version.files, store_files(artifacts, bundle));
  return version;
}

}  // namespace

TrainingDesk::TrainingDesk(Services& services, Loop& loop, PlatformConfig::Training options, std::string code_commit)
    : services_(services), options_(options), code_commit_(std::move(code_commit)), worker_(loop, 1, 16) {}

Result<std::string> TrainingDesk::start(const AppliedUseCase& applied, std::uint64_t seed) {
  const auto& name = applied.use_case.name;
  TRY_ASSIGN(auto job, services_.jobs.add("training " + name, services_.now_us()));
  const auto give_up = [&](const Error& error) {
    services_.jobs.finish(job, services_.now_us(), [&]() -> Result<json> { return fail(error); });
    return fail(error);
  };
  const auto number = services_.models.next_number(name);
  if (!number) return give_up(number.error());
  const TrainingRequest request{.use_case = applied.use_case,
                                .use_case_version = std::to_string(applied.version.version),
                                .model_version = name + "/" + std::to_string(*number),
                                .seed = seed,
                                .now_us = services_.now_us(),
                                .code_commit = code_commit_,
                                .allow_command = options_.allow_command,
                                .command_limit_us = options_.command_limit_us,
                                .threads = options_.threads};
  auto made = std::make_shared<Result<ModelVersion>>();
  const auto progress = [this, job](double fraction, const std::string& message) {
    services_.loop.post(
        [&services = services_, job, fraction, message] { services.jobs.progress(job, fraction, message); });
    return !stopping_;
  };
  const auto submitted =
      worker_.submit([&services = services_, request, number = *number, progress,
                      made] { *made = make_version(services.lake, services.artifacts, request, number, progress); },
                     [this, job, made, use_case_version = applied.version.version] {
                       finish(job, use_case_version, std::move(*made));
                     });
  if (!submitted) return give_up(submitted.error());
  ++under_way_;
  return job;
}

void TrainingDesk::stop() {
  stopping_ = true;
  worker_.stop();
}

void TrainingDesk::finish(const std::string& job, std::int64_t use_case_version, Result<ModelVersion> version) {
  --under_way_;
  services_.jobs.finish(job, services_.now_us(), [&]() -> Result<json> {
    if (!version) return fail(version.error());
    version->use_case_version = use_case_version;
    TRY_ASSIGN(const auto added, services_.models.add(std::move(*version)));
    return json_model(added);
  });
}

}  // namespace millrace
