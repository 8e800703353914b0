#pragma once

#include "delivery/artifact_cache.hpp"
#include "usecase/usecase.hpp"

namespace millrace::delivery {

/// The use case that an assignment names, from the cache. `corrupt` when it is another one's file.
Result<UseCase> read_use_case(const ArtifactCache& cache, const Assignment::UseCaseRef& ref);

}  // namespace millrace::delivery
