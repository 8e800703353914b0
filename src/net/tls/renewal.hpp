#pragma once

#include "net/tls/context.hpp"

#include <string>
#include <vector>

namespace millrace::tls {

/// The context of a process that runs longer than its certificates. Renewed files (and revocation lists) are taken at
/// the next new connection; connections that stand go on. Files that cannot be used are one line in the log, and the
/// last good ones go on.
class RenewedContext {
 public:
  RenewedContext(Credentials credentials, Role role, std::string peer_host = {});
  /// A reference of its own to the newest context. Fails when there has been no good one yet; a client's also when it
  /// is out of date (a server's peers tell that).
  Result<Context> current(TimeUs now_us);

 private:
  [[nodiscard]] std::vector<std::string> fingerprint() const;
  void renew(TimeUs now_us);

  Credentials credentials_;
  Role role_;
  std::string peer_host_;
  std::vector<std::string> seen_;  ///< of the files as they were tried last
  Context context_;
  Result<void> outcome_;  ///< of the last try
  TimeUs valid_until_us_ = 0;
};

}  // namespace millrace::tls
