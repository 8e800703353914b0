#include "lake/duckdb/file_sync.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace millrace::duck {
namespace {

Result<void> sync_path(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) return fail(ErrorCode::unavailable, fmt::format("{}: {}", path, std::strerror(errno)));
  const int outcome = ::fsync(file);
  const int why = errno;
  ::close(file);
  if (outcome != 0) {
    return fail(why == ENOSPC || why == EDQUOT ? ErrorCode::exhausted : ErrorCode::unavailable,
                fmt::format("{} could not be made durable: {}", path, std::strerror(why)));
  }
  return {};
}

std::set<std::string> files_below(const std::filesystem::path& folder) {
  std::set<std::string> files;
  std::error_code ignored;
  using Walk = std::filesystem::recursive_directory_iterator;
  for (auto entry = Walk(folder, ignored); !ignored && entry != Walk(); entry.increment(ignored)) {
    if (entry->path().extension() == ".parquet") files.insert(entry->path().string());
  }
  return files;
}

}  // namespace

void FileSync::start() { known_ = files_below(folder_); }

Result<void> FileSync::sync_new_files() {
  auto files = files_below(folder_);
  std::set<std::string> folders;
  for (const auto& file : files) {
    if (known_.count(file) > 0) continue;
    TRY(sync_path(file, O_RDONLY));
    folders.insert(std::filesystem::path(file).parent_path().string());
  }
  for (const auto& folder : folders) TRY(sync_path(folder, O_RDONLY | O_DIRECTORY));
  known_ = std::move(files);
  return {};
}

}  // namespace millrace::duck
