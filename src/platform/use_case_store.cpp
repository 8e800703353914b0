#include "platform/use_case_store.hpp"

#include "base/hash.hpp"
#include "metadata/database.hpp"

namespace millrace {

Result<UseCaseStore> UseCaseStore::open(Database& database) {
  UseCaseStore store(database);
  TRY_ASSIGN(const auto rows,
             database.query("SELECT name, version, yaml, sha256, applied_us FROM use_cases u WHERE version = "
                            "(SELECT max(version) FROM use_cases WHERE name = u.name)"));
  for (const auto& row : rows) {
    auto use_case = parse_use_case(row.text(2), "stored use case " + row.text(0));
    if (!use_case) return fail(use_case.error());
    store.applied_[row.text(0)] = {{row.integer(1), row.integer(4), row.text(3)}, row.text(2), std::move(*use_case)};
  }
  return store;
}

Result<UseCaseStore::Applied> UseCaseStore::apply(std::string_view yaml, TimeUs now_us) {
  TRY_ASSIGN(auto use_case, parse_applicable_use_case(yaml));
  const auto name = use_case.name;
  const auto* before = find(name);
  if (before != nullptr) {
    TRY_ASSIGN(const auto old_meaning, use_case_hash(before->yaml));
    TRY_ASSIGN(const auto new_meaning, use_case_hash(yaml));
    if (old_meaning == new_meaning) return Applied{name, before->version.version, false};
  }
  const UseCaseVersion version{before != nullptr ? before->version.version + 1 : 1, now_us, sha256_hex(yaml)};
  TRY(database_->execute("INSERT INTO use_cases (name, version, yaml, sha256, applied_us) VALUES (?, ?, ?, ?, ?)",
                         {name, version.version, std::string(yaml), version.sha256, now_us}));
  applied_[name] = {version, std::string(yaml), std::move(use_case)};
  return Applied{name, version.version, true};
}

Result<std::vector<UseCaseChange>> UseCaseStore::plan(std::string_view yaml) const {
  TRY_ASSIGN(const auto use_case, parse_applicable_use_case(yaml));
  const auto* before = find(use_case.name);
  return diff_use_cases(before != nullptr ? std::string_view(before->yaml) : std::string_view(), yaml);
}

const AppliedUseCase* UseCaseStore::find(std::string_view name) const {
  const auto found = applied_.find(name);
  return found == applied_.end() ? nullptr : &found->second;
}

Result<std::vector<UseCaseVersion>> UseCaseStore::versions(std::string_view name) const {
  TRY_ASSIGN(const auto rows,
             database_->query("SELECT version, applied_us, sha256 FROM use_cases WHERE name = ? ORDER BY version DESC",
                              {std::string(name)}));
  std::vector<UseCaseVersion> versions;
  for (const auto& row : rows) versions.push_back({row.integer(0), row.integer(1), row.text(2)});
  return versions;
}

Error UseCaseStore::unknown(std::string_view name) const {
  std::string message = "no use case '" + std::string(name) + "'";
  if (applied_.empty())
    return {ErrorCode::not_found, message + ": none is applied yet; `millrace usecase apply FILE` does"};
  std::string names;
  for (const auto& [known, applied] : applied_) names += (names.empty() ? "" : ", ") + known;
  return {ErrorCode::not_found, message + "; there are: " + names};
}

}  // namespace millrace
