#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace millrace {

namespace fs = std::filesystem;

namespace {

Error system_error(std::string_view doing, const fs::path& path, int number) {
  auto code = number == ENOSPC || number == EDQUOT  ? ErrorCode::exhausted
              : number == ENOENT                    ? ErrorCode::not_found
              : number == EACCES || number == EPERM ? ErrorCode::permission_denied
                                                    : ErrorCode::unavailable;
  return {code, fmt::format("{} {}: {}", doing, path.string(), std::strerror(number))};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

/// The names in it are on the disk from now on.
void sync_folder(const fs::path& folder) {
  Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.number() >= 0) ::fsync(directory.number());
}

}  // namespace

Result<std::string> read_file(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.number() < 0) return fail(system_error("cannot read", path, errno));
  std::string bytes;
  std::array<char, 64 * 1024> block;
  for (;;) {
    const auto read = ::read(file.number(), block.data(), block.size());
    if (read == 0) return bytes;
    if (read > 0) bytes.append(block.data(), static_cast<std::size_t>(read));
    if (read < 0 && errno != EINTR) return fail(system_error("cannot read", path, errno));
  }
}

Result<std::string> read_secret(const fs::path& path) {
  auto secret = read_file(path);
  if (secret) secret->erase(secret->find_last_not_of(" \r\n\t") + 1);
  return secret;
}

Result<void> write_file(const fs::path& path, std::string_view bytes, FileMode mode) {
  auto folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code ignored;
  if (!fs::exists(folder, ignored)) {
    fs::create_directories(folder, ignored);
    if (mode == FileMode::secret) fs::permissions(folder, fs::perms::owner_all, ignored);
    sync_folder(folder / "..");
  }
  auto temporary = path;
  temporary += fmt::format(".{}.new", ::getpid());
  auto give_up = [&](std::string_view doing) {
    auto error = system_error(doing, path, errno);
    ::unlink(temporary.c_str());
    return fail(error);
  };
  {
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, static_cast<mode_t>(mode)));
    if (file.number() < 0) return give_up("cannot create");
    while (!bytes.empty()) {
      auto written = ::write(file.number(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return give_up("cannot write");
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(file.number()) != 0) return give_up("cannot sync");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up("cannot replace");
  sync_folder(folder);
  return {};
}

}  // namespace millrace
