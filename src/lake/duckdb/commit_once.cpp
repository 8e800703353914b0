#include "lake/duckdb/commit_once.hpp"

#include "base/id.hpp"

namespace millrace::duck {

Result<SnapshotId> CommitOnce::run(const std::string& key, const Store& store) {
  if (doubt_) {
    TRY_ASSIGN(const auto found, find_(doubt_->id));
    const bool is_it = doubt_->key == key;
    doubt_.reset();
    if (found && is_it) return *found;
  }
  const auto id = random_id();
  auto stored = store(id);
  if (stored) return stored;
  const auto found = find_(id);
  if (!found) doubt_ = {key, id};
  if (found && *found) return **found;
  return stored;
}

}  // namespace millrace::duck
