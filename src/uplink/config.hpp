#pragma once

#include "runtime/config.hpp"
#include "spool/spool.hpp"

#include <cstdint>

namespace millrace {

/// How a process stores and forwards: section `spool` of its file, the same keys everywhere.
struct UplinkConfig {
  SpoolOptions spool;
  std::int64_t group_commit_us = 100'000;
  std::int64_t resend_after_us = 10'000'000;
};

/// `limit`, `age`, `on_full`, `commit_every`, `resend_after`; what is not there is as in `config`. What is wrong is
/// reported by Config::finish.
UplinkConfig read_uplink_config(ConfigSection section, UplinkConfig config = {});

}  // namespace millrace
