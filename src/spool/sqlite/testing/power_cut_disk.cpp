#include "spool/sqlite/testing/power_cut_disk.hpp"

#include "base/file.hpp"

#include <algorithm>
#include <fstream>
#include <new>
#include <utility>

namespace millrace::testing {

namespace fs = std::filesystem;

namespace {

std::size_t pick(std::mt19937& random, std::size_t below) {
  return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
}

void apply(std::string& content, std::uint64_t offset, std::string_view bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size(), '\0');
  content.replace(offset, bytes.size(), bytes);
}

}  // namespace

/// The C side: every call goes to the real file; what changes something is told to the disk.
struct Shim {
  sqlite3_file base;
  PowerCutDisk* disk;
  PowerCutDisk::FilePointer file;  ///< null: a temporary file
  sqlite3_file* real;

  static Shim& of(sqlite3_file* file) { return *reinterpret_cast<Shim*>(file); }
  static sqlite3_file* real_of(sqlite3_file* file) { return of(file).real; }
  static PowerCutDisk& disk_of(sqlite3_vfs* vfs) { return *static_cast<PowerCutDisk*>(vfs->pAppData); }

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* out, int flags, int* out_flags) {
    auto& disk = disk_of(vfs);
    out->pMethods = nullptr;
    auto* shim = new (out) Shim{};
    shim->disk = &disk;
    shim->real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(out) + sizeof(Shim));
    const bool is_new = name != nullptr && !fs::exists(name);
    const int code = disk.real_->xOpen(disk.real_, name, shim->real, flags, out_flags);
    if (code != SQLITE_OK) {
      shim->~Shim();
      return code;
    }
    if (name != nullptr) shim->file = disk.open(name, flags, is_new);
    out->pMethods = &methods;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    auto& disk = disk_of(vfs);
    disk.remove(name, sync_folder != 0);
    return disk.real_->xDelete(disk.real_, name, 0);
  }
  static int close(sqlite3_file* file) {
    const int code = real_of(file)->pMethods->xClose(real_of(file));
    of(file).~Shim();
    return code;
  }
  static int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    return real_of(file)->pMethods->xRead(real_of(file), to, size, offset);
  }
  static int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    auto& shim = of(file);
    if (shim.file) {
      shim.disk->change(*shim.file, {static_cast<std::uint64_t>(offset),
                                     std::string(static_cast<const char*>(from), static_cast<std::size_t>(size))});
    }
    return shim.real->pMethods->xWrite(shim.real, from, size, offset);
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    auto& shim = of(file);
    if (shim.file) shim.disk->change(*shim.file, {static_cast<std::uint64_t>(size), {}, true});
    return shim.real->pMethods->xTruncate(shim.real, size);
  }
  static int sync(sqlite3_file* file, int) {
    auto& shim = of(file);
    if (shim.file) shim.disk->sync(*shim.file);
    return SQLITE_OK;
  }
  static int size(sqlite3_file* file, sqlite3_int64* out) {
    return real_of(file)->pMethods->xFileSize(real_of(file), out);
  }
  static int lock(sqlite3_file* file, int level) { return real_of(file)->pMethods->xLock(real_of(file), level); }
  static int unlock(sqlite3_file* file, int level) { return real_of(file)->pMethods->xUnlock(real_of(file), level); }
  static int reserved(sqlite3_file* file, int* out) {
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
  }
  static int control(sqlite3_file* file, int what, void* argument) {
    return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
  }
  static int sector_size(sqlite3_file* file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); }
  static int characteristics(sqlite3_file* file) {
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
  }
  /// Version 1: no shared memory and no mapping, so that every byte comes by here.
  static constexpr sqlite3_io_methods methods{
      1,           close,           read,    write,   truncate, sync,    size,    lock,   unlock, reserved, control,
      sector_size, characteristics, nullptr, nullptr, nullptr,  nullptr, nullptr, nullptr};
};

PowerCutDisk::PowerCutDisk(bool lies) : lies_(lies), real_(sqlite3_vfs_find(nullptr)) {
  vfs_ = *real_;
  vfs_.pNext = nullptr;
  vfs_.zName = "power-cut";
  vfs_.pAppData = this;
  vfs_.szOsFile = static_cast<int>(sizeof(Shim)) + real_->szOsFile;
  vfs_.xOpen = Shim::open;
  vfs_.xDelete = Shim::remove;
  sqlite3_vfs_register(&vfs_, 1);
}

PowerCutDisk::~PowerCutDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(real_, 1);
}

void PowerCutDisk::before_operation(std::uint64_t n, std::function<void()> then) {
  then_at_ = n;
  then_ = std::move(then);
}

void PowerCutDisk::operation() {
  if (++operations_ == then_at_ && then_) then_();
}

PowerCutDisk::FilePointer PowerCutDisk::open(const std::string& name, int flags, bool is_new) {
  auto& known = files_[name];
  if (!known || known->deleted) {
    auto file = std::make_shared<File>();
    file->before = known;
    file->name_synced = !is_new;
    if (!is_new) file->synced = read_file(name).value_or("");
    known = std::move(file);
  }
  constexpr int journals = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL;
  if ((flags & journals) != 0 && (flags & SQLITE_OPEN_CREATE) != 0) known->syncs_folder = true;
  return known;
}

void PowerCutDisk::change(File& file, Change change) {
  operation();
  file.changes.push_back(std::move(change));
}

void PowerCutDisk::sync(File& file) {
  operation();
  if (lies_) return;
  for (const auto& change : file.changes) {
    if (change.truncates) {
      file.synced.resize(change.offset, '\0');
    } else {
      apply(file.synced, change.offset, change.bytes);
    }
  }
  file.changes.clear();
  if (std::exchange(file.syncs_folder, false)) sync_folder();
}

void PowerCutDisk::sync_folder() {
  std::erase_if(files_, [](const auto& entry) { return entry.second->deleted; });
  for (auto& [name, file] : files_) {
    file->name_synced = true;
    file->before.reset();
  }
}

void PowerCutDisk::remove(const std::string& name, bool sync_folder_too) {
  operation();
  if (auto found = files_.find(name); found != files_.end()) found->second->deleted = true;
  if (sync_folder_too && !lies_) sync_folder();
}

std::string PowerCutDisk::left_of(const File& file, std::mt19937& random, std::size_t sector_bytes) {
  std::map<std::uint64_t, std::vector<const Change*>> by_sector;
  std::vector<std::uint64_t> sizes{file.synced.size()};
  for (const auto& change : file.changes) {
    sizes.push_back(change.truncates ? change.offset : std::max(sizes.back(), change.offset + change.bytes.size()));
    if (change.truncates || change.bytes.empty()) continue;
    const auto last = (change.offset + change.bytes.size() - 1) / sector_bytes;
    for (auto sector = change.offset / sector_bytes; sector <= last; ++sector) by_sector[sector].push_back(&change);
  }
  auto content = file.synced;
  for (const auto& [sector, changes] : by_sector) {
    const auto versions = pick(random, changes.size() + 1);
    for (std::size_t i = 0; i < versions; ++i) {
      const auto from = std::max(changes[i]->offset, sector * sector_bytes);
      const auto to = std::min(changes[i]->offset + changes[i]->bytes.size(), (sector + 1) * sector_bytes);
      apply(content, from, std::string_view(changes[i]->bytes).substr(from - changes[i]->offset, to - from));
    }
  }
  content.resize(sizes[pick(random, sizes.size())], '\0');
  return content;
}

void PowerCutDisk::cut(const fs::path& target, std::mt19937& random, std::size_t sector_bytes) const {
  fs::create_directories(target);
  for (const auto& [name, newest] : files_) {
    const auto* file = newest.get();
    while (file != nullptr && !file->name_synced && pick(random, 2) == 0) file = file->before.get();
    if (file == nullptr || (file->deleted && pick(random, 2) == 0)) continue;
    std::ofstream(target / fs::path(name).filename(), std::ios::binary) << left_of(*file, random, sector_bytes);
  }
}

}  // namespace millrace::testing
