#include "delivery/use_case.hpp"

#include <fmt/format.h>

namespace millrace::delivery {

Result<UseCase> read_use_case(const ArtifactCache& cache, const Assignment::UseCaseRef& ref) {
  TRY_ASSIGN(const std::string yaml, cache.read(ref.sha256));
  TRY_ASSIGN(auto use_case, parse_use_case(yaml, ref.name));
  if (use_case.name != ref.name) {
    return fail(ErrorCode::corrupt, fmt::format("the file of {} is for use case {}", ref.name, use_case.name));
  }
  return use_case;
}

}  // namespace millrace::delivery
