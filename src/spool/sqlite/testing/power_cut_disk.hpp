#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::testing {

/// A disk that can lose its power. It registers itself as SQLite's default VFS (https://sqlite.org/vfs.html) over the
/// real one and keeps what was written since the last xSync apart. `cut` makes a folder as the power cut may leave it:
/// what was synced, and of the rest any sectors, each in any of its versions. Names count too: a new file is there for
/// sure only after its folder was synced, which SQLite's unix VFS does with the first xSync of a journal or WAL it
/// opened. The idea is that of SQLite's own crash tests (https://sqlite.org/testing.html, section 3.3).
///
/// Real syncs are not made: the test looks at what would be there, and needs no slow disk for it.
class PowerCutDisk {
 public:
  /// `lies`: xSync reports success and does nothing, as some disks do; a test must notice that.
  explicit PowerCutDisk(bool lies = false);
  ~PowerCutDisk();
  PowerCutDisk(const PowerCutDisk&) = delete;
  PowerCutDisk& operator=(const PowerCutDisk&) = delete;

  /// Calls `then` before the n-th write, truncation, sync or deletion (from 1).
  void before_operation(std::uint64_t n, std::function<void()> then);
  [[nodiscard]] std::uint64_t operations() const { return operations_; }
  /// The files that SQLite uses, into the folder `target`, as a power cut now may leave them.
  void cut(const std::filesystem::path& target, std::mt19937& random, std::size_t sector_bytes) const;

 private:
  friend struct Shim;
  struct Change {
    std::uint64_t offset = 0;
    std::string bytes;
    bool truncates = false;  ///< to `offset`
  };
  struct File {
    std::string synced;
    std::vector<Change> changes;  ///< since the last sync, oldest first
    bool name_synced = false;
    bool syncs_folder = false;     ///< with its next sync
    bool deleted = false;          ///< but its name may come back
    std::shared_ptr<File> before;  ///< had the same name, deleted without a sync of the folder
  };
  using FilePointer = std::shared_ptr<File>;

  FilePointer open(const std::string& name, int flags, bool is_new);
  void change(File& file, Change change);
  void sync(File& file);
  void remove(const std::string& name, bool sync_folder);
  void operation();
  void sync_folder();
  [[nodiscard]] static std::string left_of(const File& file, std::mt19937& random, std::size_t sector_bytes);

  bool lies_;
  std::map<std::string, FilePointer> files_;
  std::uint64_t operations_ = 0, then_at_ = 0;
  std::function<void()> then_;
  sqlite3_vfs* real_ = nullptr;
  sqlite3_vfs vfs_{};
};

}  // namespace millrace::testing
