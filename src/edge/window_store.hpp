#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

class Database;

/// The assets' windows on disk, so that a restarted edge goes on where it was. Blocking; thread-safe.
class WindowStore {
 public:
  struct Entry {
    std::string use_case, site, asset, bytes;
  };
  static Result<std::unique_ptr<WindowStore>> open(const std::filesystem::path& file);
  explicit WindowStore(std::unique_ptr<Database> database);  ///< for `open`: the table must be there
  ~WindowStore();
  /// All or nothing; durable when it returns.
  Result<void> save(const std::vector<Entry>& entries);
  Result<std::vector<Entry>> load() const;

 private:
  mutable std::mutex mutex_;
  std::unique_ptr<Database> database_;
};

}  // namespace millrace
