#include "registry/artifact_store.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"

#include <algorithm>

namespace millrace {

bool is_sha256(std::string_view text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

ArtifactStore::ArtifactStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

std::filesystem::path ArtifactStore::path_of(std::string_view sha256) const {
  return folder_ / std::string(sha256.substr(0, 2)) / std::string(sha256);
}

Result<std::string> ArtifactStore::put(std::string_view bytes) {
  auto sha256 = sha256_hex(bytes);
  // A file that rotted is written anew: what is being put is known to be right.
  if (contains(sha256) && get(sha256)) return sha256;
  TRY(write_file(path_of(sha256), bytes));
  return sha256;
}

Result<std::string> ArtifactStore::get(std::string_view sha256) const {
  if (!is_sha256(sha256)) {
    return fail(ErrorCode::invalid_argument, "'" + std::string(sha256.substr(0, 80)) +
                                                 "' is not an artifact name: 64 lower-case hexadecimal digits");
  }
  auto bytes = read_file(path_of(sha256));
  if (!bytes) {
    if (bytes.error().code == ErrorCode::not_found) {
      return fail(ErrorCode::not_found, "no artifact " + std::string(sha256));
    }
    return bytes;
  }
  if (const auto found = sha256_hex(*bytes); found != sha256) {
    return fail(ErrorCode::corrupt, "artifact " + path_of(sha256).string() +
                                        " holds other bytes than were stored (SHA-256 " + found +
                                        "): check the disk and restore the file from a backup");
  }
  return bytes;
}

bool ArtifactStore::contains(std::string_view sha256) const {
  std::error_code ignored;
  return is_sha256(sha256) && std::filesystem::is_regular_file(path_of(sha256), ignored);
}

Result<std::uint64_t> ArtifactStore::size(std::string_view sha256) const {
  if (!contains(sha256)) return fail(ErrorCode::not_found, "no artifact " + std::string(sha256.substr(0, 80)));
  std::error_code failure;
  const auto bytes = std::filesystem::file_size(path_of(sha256), failure);
  if (failure) return fail(ErrorCode::unavailable, path_of(sha256).string() + ": " + failure.message());
  return bytes;
}

}  // namespace millrace
