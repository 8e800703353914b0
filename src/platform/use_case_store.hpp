#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "usecase/diff.hpp"
#include "usecase/usecase.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class Database;

struct UseCaseVersion {
  std::int64_t version = 0;  ///< from 1
  TimeUs applied_us = 0;
  std::string sha256;  ///< of the file's bytes
};

/// The version that is in force.
struct AppliedUseCase {
  UseCaseVersion version;
  std::string yaml;  ///< as it was applied
  UseCase use_case;
};

/// Every use case file that was applied, all versions. The newest of each lies in memory, checked and typed.
class UseCaseStore {
 public:
  /// Reads what is in force. A stored file that this version cannot read any more is an error that names it.
  static Result<UseCaseStore> open(Database& database);

  struct Applied {
    std::string name;
    std::int64_t version = 0;
    bool changed = false;
  };
  /// `invalid_argument` names every problem with its line. The same meaning again makes no new version.
  Result<Applied> apply(std::string_view yaml, TimeUs now_us);
  /// What `apply` would change, without doing it.
  [[nodiscard]] Result<std::vector<UseCaseChange>> plan(std::string_view yaml) const;
  /// Null when there is none of that name.
  [[nodiscard]] const AppliedUseCase* find(std::string_view name) const;
  [[nodiscard]] const std::map<std::string, AppliedUseCase, std::less<>>& all() const { return applied_; }
  /// Newest first.
  [[nodiscard]] Result<std::vector<UseCaseVersion>> versions(std::string_view name) const;
  /// For people: "no use case 'x'; there are: a, b".
  [[nodiscard]] Error unknown(std::string_view name) const;

 private:
  explicit UseCaseStore(Database& database) : database_(&database) {}
  Database* database_;
  std::map<std::string, AppliedUseCase, std::less<>> applied_;
};

}  // namespace millrace
