#pragma once

#include <cstdint>

namespace millrace {

/// What the kernel holds in memory for this process (/proc/self/statm, proc(5)); 0 when it cannot be read.
std::uint64_t resident_memory_bytes();

/// Processor time used so far by all threads, user and system.
std::int64_t process_cpu_us();

}  // namespace millrace
