#pragma once

#include "base/result.hpp"
#include "delivery/artifact_cache.hpp"
#include "delivery/assignment.hpp"
#include "edge/active_model.hpp"
#include "usecase/usecase.hpp"

#include <optional>
#include <string>
#include <vector>

namespace millrace {

/// A use case of the assignment, read and proved on this device: ready to take over.
struct PreparedUseCase {
  delivery::Assignment::UseCaseRef ref;
  UseCase use_case;
  std::optional<ActiveModel> model;  ///< none: nothing is approved yet
};

/// What became of an assignment. A use case that was refused is in `refused`, and what ran before goes on running.
struct PreparedAssignment {
  delivery::Assignment assignment;
  std::vector<PreparedUseCase> use_cases;
  std::vector<std::string> refused;  ///< one sentence each
  std::optional<Error> unread = {};  ///< why one of them could only not be read now
};

/// Reads, parses, loads and proves everything of an assignment (golden vectors on this device). Blocking: for a worker.
PreparedAssignment prepare(const delivery::Assignment& assignment, const delivery::ArtifactCache& cache,
                           EngineChoice choice);

}  // namespace millrace
