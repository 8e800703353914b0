#include "uplink/config.hpp"

namespace millrace {

UplinkConfig read_uplink_config(ConfigSection section, UplinkConfig config) {
  config.spool.limit_bytes = section.size_bytes("limit", config.spool.limit_bytes);
  config.spool.limit_age_us = section.duration_us("age", config.spool.limit_age_us);
  const auto policy = section.word("on_full", {"drop_oldest", "reject", "thin"}, "drop_oldest");
  config.spool.on_full = policy == "reject" ? SpoolFullPolicy::reject
                         : policy == "thin" ? SpoolFullPolicy::thin
                                            : SpoolFullPolicy::drop_oldest;
  config.group_commit_us = section.duration_us("commit_every", config.group_commit_us);
  config.resend_after_us = section.duration_us("resend_after", config.resend_after_us);
  return config;
}

}  // namespace millrace
