#pragma once

#include "base/result.hpp"
#include "delivery/assignment.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace millrace::delivery {

/// Where a device keeps files by their SHA-256, and the last assignment that it could run whole.
/// Reads and writes the disk: for a worker, but `holds`.
class ArtifactCache {
 public:
  explicit ArtifactCache(std::filesystem::path directory) : directory_(std::move(directory)) {}
  [[nodiscard]] bool holds(const std::string& sha256) const;
  /// `corrupt` when the bytes do not have that size or hash: nothing is stored.
  Result<void> store(const Artifact& artifact, std::string_view bytes) const;
  /// Verifies the hash again: disks rot, and what lies there may have been changed. What did is removed (`corrupt`).
  /// `unavailable` says nothing about the file: it could not be read now.
  Result<std::string> read(const std::string& sha256) const;
  Result<void> store_assignment(std::string_view json) const;
  [[nodiscard]] Result<std::string> read_assignment() const;
  /// Removes what the assignment does not need any more.
  void keep_only(const Assignment& assignment) const;

 private:
  [[nodiscard]] std::filesystem::path file(const std::string& sha256) const;
  std::filesystem::path directory_;
};

}  // namespace millrace::delivery
