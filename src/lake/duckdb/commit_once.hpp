#pragma once

#include "base/result.hpp"
#include "lake/lake.hpp"

#include <functional>
#include <optional>
#include <string>

namespace millrace::duck {

/// Stores a commit once, though COMMIT may fail after it has stored (the answer of the catalogue's last write got lost)
/// and its rows are handed over again. Each attempt carries an id that lands in its snapshot: the lake itself tells.
class CommitOnce {
 public:
  /// The snapshot that carries the id; none: the attempt is not stored.
  using Find = std::function<Result<std::optional<SnapshotId>>(const std::string& id)>;
  using Store = std::function<Result<SnapshotId>(const std::string& id)>;

  explicit CommitOnce(Find find) : find_(std::move(find)) {}
  /// `key` is the same when the same commit is handed over again. An error: nothing is stored, or nobody can tell now,
  /// and then the next call with that key finds out before it stores.
  Result<SnapshotId> run(const std::string& key, const Store& store);

 private:
  struct Doubt {
    std::string key, id;
  };
  Find find_;
  std::optional<Doubt> doubt_;
};

}  // namespace millrace::duck
