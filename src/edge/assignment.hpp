#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// What the platform wants this device to run: GET /api/v1/device/assignment.
struct Assignment {
  struct UseCaseRef {
    std::string name, version, sha256;
    bool operator==(const UseCaseRef&) const = default;
  };
  struct File {
    std::string name, sha256;
    std::uint64_t size = 0;
    bool operator==(const File&) const = default;
  };
  struct ModelRef {
    std::string use_case;
    std::string version;  ///< "<use case>/<n>"
    std::vector<File> files;
    [[nodiscard]] const File* find(std::string_view name) const;
    bool operator==(const ModelRef&) const = default;
  };
  std::string revision;
  std::vector<UseCaseRef> use_cases;
  std::vector<ModelRef> models;

  [[nodiscard]] const ModelRef* model_of(std::string_view use_case) const;
  /// The hashes of all files that are needed to run it, each once.
  [[nodiscard]] std::vector<std::string> needed_files() const;
};

/// `corrupt` for what is no assignment; hashes must be 64 hexadecimal digits, so that they are safe as file names.
Result<Assignment> parse_assignment(std::string_view json);

}  // namespace millrace
