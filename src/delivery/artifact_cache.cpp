#include "delivery/artifact_cache.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace::delivery {

namespace fs = std::filesystem;

fs::path ArtifactCache::file(const std::string& sha256) const { return directory_ / "artifacts" / sha256; }

bool ArtifactCache::holds(const std::string& sha256) const {
  std::error_code ignored;
  return fs::exists(file(sha256), ignored);
}

Result<void> ArtifactCache::store(const Artifact& artifact, std::string_view bytes) const {
  if (artifact.size != 0 && bytes.size() != artifact.size) {
    return fail(ErrorCode::corrupt, fmt::format("{} of {} bytes came: thrown away", bytes.size(), artifact.size));
  }
  if (const std::string found = sha256_hex(bytes); found != artifact.sha256) {
    return fail(ErrorCode::corrupt, fmt::format("other bytes came, with SHA-256 {}: thrown away", found));
  }
  return write_file(file(artifact.sha256), bytes);
}

Result<std::string> ArtifactCache::read(const std::string& sha256) const {
  TRY_ASSIGN(std::string bytes, read_file(file(sha256)));
  if (sha256_hex(bytes) == sha256) return bytes;
  std::error_code ignored;
  fs::remove(file(sha256), ignored);  // so that it is fetched again
  return fail(ErrorCode::corrupt, fmt::format("{} was changed on disk: removed", file(sha256).string()));
}

Result<void> ArtifactCache::store_assignment(std::string_view json) const {
  return write_file(directory_ / "assignment.json", json);
}

Result<std::string> ArtifactCache::read_assignment() const { return read_file(directory_ / "assignment.json"); }

void ArtifactCache::keep_only(const Assignment& assignment) const {
  const auto needed = assignment.needed();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_ / "artifacts", error)) {
    const std::string name = entry.path().filename().string();
    const auto wanted = [&](const Artifact& artifact) { return artifact.sha256 == name; };
    if (std::none_of(needed.begin(), needed.end(), wanted)) fs::remove(entry.path(), error);
  }
}

}  // namespace millrace::delivery
