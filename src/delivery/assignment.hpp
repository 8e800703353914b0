#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::delivery {

/// A file by its content.
struct Artifact {
  std::string name;
  std::string sha256;      ///< 64 lower-case hexadecimal digits
  std::uint64_t size = 0;  ///< in bytes; 0: not said
  bool operator==(const Artifact&) const = default;
};

/// What a device should run.
struct Assignment {
  struct UseCaseRef {
    std::string name, version, sha256;
    bool operator==(const UseCaseRef&) const = default;
  };
  struct ModelRef {
    std::string use_case;
    std::string version;  ///< "<use case>/<n>"
    std::vector<Artifact> files;
    [[nodiscard]] const Artifact* find(std::string_view name) const;
    bool operator==(const ModelRef&) const = default;
  };
  std::string revision;  ///< changes exactly when the rest does
  std::vector<UseCaseRef> use_cases;
  std::vector<ModelRef> models;

  [[nodiscard]] const ModelRef* model_of(std::string_view use_case) const;
  /// The files that are needed to run it, by hash, each once.
  [[nodiscard]] std::vector<Artifact> needed() const;
};

/// What a kind of device takes of an assignment: a gateway runs no models, and does not fetch them.
enum class Content : std::uint8_t { use_cases, use_cases_and_models };

/// `corrupt` for what is no assignment; hashes must be 64 hexadecimal digits, so that they are safe as file names.
Result<Assignment> parse_assignment(std::string_view json, Content content);

}  // namespace millrace::delivery
