#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http/message.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

class Database;

/// Who may use the loopback API: a browser that opened the one-time link (then a cookie), or whoever can read the token
/// file (the command line). Loopback is no protection by itself: any web page can send requests to it, so the Host must
/// be ours (DNS rebinding) and an Origin, where there is one, too (cross-site requests). Sessions are stored, as hashes
/// of their secrets, and survive a restart.
class Sessions {
 public:
  struct Options {
    std::filesystem::path token_file;                    ///< bearer token, 0600
    std::filesystem::path login_file;                    ///< one-time login token, 0600; deleted when it has been used
    std::int64_t lifetime_us = 12ll * 3600 * 1'000'000;  ///< without use
    std::int64_t renew_after_us = 5ll * 60 * 1'000'000;  ///< use within this time of the last renewal writes nothing
    std::size_t limit = 64;                              ///< then the session unused for the longest goes
  };

  /// Reads the bearer token and the stored sessions; makes both files when they are absent.
  static Result<Sessions> open(Database& database, Options options, TimeUs now_us);

  /// Trades the one-time token for a session's secret; `unauthenticated` when it is wrong or used up.
  Result<std::string> log_in(std::string_view one_time_token, TimeUs now_us);
  /// Who asks, by cookie or bearer token: "alice (console)", "alice (API token)"; nothing when that is not known. The
  /// account is the one of the operating system that owns the secret's file, which nobody else could have read.
  std::optional<std::string> caller(const http::Request& request, TimeUs now_us);

  [[nodiscard]] static std::string cookie(std::string_view secret);  ///< Set-Cookie value

 private:
  explicit Sessions(Database& database) : database_(&database) {}
  Result<void> read(TimeUs now_us);
  struct Session {
    TimeUs expires_us = 0;
    std::string account;
  };
  Result<void> store(const std::string& secret_hash, const Session& session);

  Database* database_;
  Options options_;
  std::string token_hash_;  ///< hashes only: equal time to compare, nothing to steal from a core dump
  std::string token_account_;
  std::map<std::string, Session, std::less<>> sessions_;  ///< by hash of the secret, as stored
};

/// What refuses a request before any handler sees it; nothing when it may pass.
/// `port` is ours. Paths outside /api/ are public: the console's files hold no data.
std::optional<http::Response> refuse(const http::Request& request, std::uint16_t port, Sessions& sessions,
                                     TimeUs now_us);

}  // namespace millrace
