#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace millrace {

/// The whole file as bytes, or the error: never a part. `not_found` names the path; `unavailable` (no descriptor left,
/// the disk does not answer) says nothing about the file.
Result<std::string> read_file(const std::filesystem::path& path);

/// A password or token: the file without the line ends and blanks behind it.
Result<std::string> read_secret(const std::filesystem::path& path);

enum class FileMode { shared = 0644, secret = 0600 };

/// Replaces a file in one step: temporary file, fsync, rename, fsync of the folder. After a crash the old or the new
/// content is there, never a part. Missing folders are made (0700 for secrets).
Result<void> write_file(const std::filesystem::path& path, std::string_view bytes, FileMode mode = FileMode::shared);

}  // namespace millrace
