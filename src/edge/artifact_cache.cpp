#include "base/file.hpp"
#include "base/hash.hpp"
#include "edge/updater.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace millrace {

namespace fs = std::filesystem;

fs::path ArtifactCache::file(const std::string& sha256) const { return directory_ / "artifacts" / sha256; }

bool ArtifactCache::holds(const std::string& sha256) const {
  std::error_code ignored;
  return fs::exists(file(sha256), ignored);
}

Result<void> ArtifactCache::store(const std::string& sha256, std::string_view bytes) const {
  const std::string found = sha256_hex(bytes);
  if (found != sha256) {
    return fail(ErrorCode::corrupt, fmt::format("the platform sent {} for the file {}: thrown away", found, sha256));
  }
  return write_file(file(sha256), bytes);
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
  const auto needed = assignment.needed_files();
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_ / "artifacts", error)) {
    const std::string name = entry.path().filename().string();
    if (!std::binary_search(needed.begin(), needed.end(), name)) fs::remove(entry.path(), error);
  }
}

}  // namespace millrace
