#pragma once

#include "platform/use_case_store.hpp"
#include "registry/model_registry.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>

namespace millrace {

/// What the devices of a site should run.
struct Assignment {
  std::string revision;                      ///< changes exactly when the content changes
  std::string json;                          ///< as the device API answers it
  std::set<std::string, std::less<>> files;  ///< SHA-256 of all that the site may fetch
  [[nodiscard]] bool contains(std::string_view sha256) const { return files.find(sha256) != files.end(); }
};

/// Assignments by site, made once and kept until something changes: devices ask every two seconds.
class Assignments {
 public:
  Assignments(const UseCaseStore& use_cases, const ModelRegistry& models) : use_cases_(use_cases), models_(models) {}
  /// A use case was applied or a model approved.
  void refresh() { by_site_.clear(); }
  const Assignment& of_site(const std::string& site);

 private:
  [[nodiscard]] Assignment make(const std::string& site) const;
  const UseCaseStore& use_cases_;
  const ModelRegistry& models_;
  std::map<std::string, Assignment> by_site_;
};

}  // namespace millrace
