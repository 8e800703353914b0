#pragma once

#include "spool/spool.hpp"

#include <filesystem>
#include <memory>

namespace millrace {

/// A spool in one SQLite file (WAL, synchronous=FULL, a CRC-32C with each batch), made (0600) when it is not there. One
/// process at a time. A damaged file is set aside as "<path>.damaged-<time>" and a new one with a new epoch begins with
/// a gap record, for a gateway must go on. `unavailable` when another process uses the file, `exhausted` when the disk
/// is full.
Result<std::unique_ptr<Spool>> open_sqlite_spool(const std::filesystem::path& path, SpoolOptions options,
                                                 TimeUs now_us);

}  // namespace millrace
