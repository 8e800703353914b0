#include "edge/prepare.hpp"

#include "delivery/use_case.hpp"

#include <fmt/format.h>

#include <utility>

namespace millrace {
namespace {

using delivery::ArtifactCache;
using delivery::Assignment;

Result<PreparedUseCase> prepare_one(const Assignment& assignment, const Assignment::UseCaseRef& ref,
                                    const ArtifactCache& cache, EngineChoice choice) {
  PreparedUseCase prepared{.ref = ref};
  TRY_ASSIGN(prepared.use_case, delivery::read_use_case(cache, ref));
  TRY(compile_features(prepared.use_case));
  const auto* model = assignment.model_of(ref.name);
  if (model == nullptr) return prepared;
  ModelFiles files;
  for (const auto& [name, bytes] :
       {std::pair("model.onnx", &files.model_onnx), std::pair("golden.json", &files.golden_json),
        std::pair("features.json", &files.features_json)}) {
    TRY_ASSIGN(*bytes, cache.read(model->find(name)->sha256));
  }
  auto loaded = load_model(model->version, files, prepared.use_case, choice);
  if (!loaded) return fail(loaded.error().with_context("model " + model->version));
  prepared.model = std::move(*loaded);
  return prepared;
}

}  // namespace

PreparedAssignment prepare(const Assignment& assignment, const ArtifactCache& cache, EngineChoice choice) {
  PreparedAssignment prepared{.assignment = assignment};
  for (const auto& ref : assignment.use_cases) {
    auto one = prepare_one(assignment, ref, cache, choice);
    if (one) {
      prepared.use_cases.push_back(std::move(*one));
      continue;
    }
    const auto why = one.error().with_context(fmt::format("{} version {} refused", ref.name, ref.version));
    if (why.code == ErrorCode::unavailable) prepared.unread = why;
    prepared.refused.push_back(why.message);
  }
  return prepared;
}

}  // namespace millrace
