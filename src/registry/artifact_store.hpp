#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace millrace {

/// Content-addressed files: the name of an artifact is the SHA-256 of its bytes, so it can never change under its name.
/// Blocking; safe to use from several threads, since a file is written once and only by an atomic rename.
class ArtifactStore {
 public:
  explicit ArtifactStore(std::filesystem::path folder);

  /// Stores the bytes durably (fsync) and returns their SHA-256 as 64 hexadecimal digits. Storing twice is harmless.
  Result<std::string> put(std::string_view bytes);
  /// The bytes, verified against their name: `corrupt` when the disk returns anything else, `not_found` when absent.
  [[nodiscard]] Result<std::string> get(std::string_view sha256) const;
  [[nodiscard]] bool contains(std::string_view sha256) const;
  /// Bytes; `not_found` when absent.
  [[nodiscard]] Result<std::uint64_t> size(std::string_view sha256) const;

 private:
  [[nodiscard]] std::filesystem::path path_of(std::string_view sha256) const;

  std::filesystem::path folder_;
};

/// 64 lower-case hexadecimal digits: nothing else may become part of a path.
bool is_sha256(std::string_view text);

}  // namespace millrace
