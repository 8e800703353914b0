#pragma once

#include "base/hash.hpp"
#include "delivery/artifact_cache.hpp"

#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace millrace::delivery {

/// What a platform would assign, for tests and benchmarks: the document and the bytes that it names.
class Assigned {
 public:
  struct File {
    std::string name, bytes;
  };
  Assigned& use_case(const std::string& name, const std::string& yaml, int version = 1) {
    use_cases_.push_back({{"name", name}, {"version", version}, {"sha256", keep(yaml)}});
    return *this;
  }
  Assigned& model(const std::string& use_case, int version, const std::vector<File>& files) {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [name, bytes] : files) {
      list.push_back({{"name", name}, {"sha256", keep(bytes)}, {"size", bytes.size()}});
    }
    models_.push_back({{"use_case", use_case}, {"version", version}, {"files", std::move(list)}});
    return *this;
  }

  [[nodiscard]] std::string document(const std::string& revision = "1") const {
    return nlohmann::json{{"revision", revision}, {"use_cases", use_cases_}, {"models", models_}}.dump();
  }
  /// By SHA-256; tests may falsify them.
  std::map<std::string, std::string> files;

  /// As if it had been delivered already.
  [[nodiscard]] bool store(const ArtifactCache& cache) const {
    for (const auto& [sha256, bytes] : files) {
      if (!cache.store({.name = {}, .sha256 = sha256}, bytes)) return false;
    }
    return cache.store_assignment(document()).has_value();
  }

 private:
  std::string keep(const std::string& bytes) {
    auto sha256 = sha256_hex(bytes);
    files[sha256] = bytes;
    return sha256;
  }
  nlohmann::json use_cases_ = nlohmann::json::array(), models_ = nlohmann::json::array();
};

}  // namespace millrace::delivery
