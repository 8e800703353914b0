#include "platform/session.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/id.hpp"
#include "metadata/database.hpp"

#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace millrace {
namespace {

constexpr std::string_view cookie_name = "millrace_session";

std::string header(const http::Request& request, std::string_view name) {
  const auto found = request.headers.find(name);
  return found == request.headers.end() ? std::string() : found->second;
}

/// Value of a cookie (RFC 6265, 4.2.1); empty when it is not there.
std::string_view cookie_value(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const auto end = std::min(cookies.find(';'), cookies.size());
    auto pair = cookies.substr(0, end);
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=')
      return pair.substr(name.size() + 1);
    cookies.remove_prefix(std::min(end + 1, cookies.size()));
  }
  return {};
}

Result<std::string> read_or_make(const std::filesystem::path& file) {
  if (auto found = read_secret(file); found && !found->empty()) return found;
  auto made = random_secret();
  TRY(write_file(file, made + "\n", FileMode::secret));
  return made;
}

/// Name of the account that owns the file; its number where it has no name.
std::string owner_of(const std::filesystem::path& file) {
  struct stat found{};
  if (::stat(file.c_str(), &found) != 0) return "unknown";
  std::array<char, 4096> text;
  passwd account{};
  passwd* known = nullptr;
  ::getpwuid_r(found.st_uid, &account, text.data(), text.size(), &known);
  return known != nullptr ? known->pw_name : "account " + std::to_string(found.st_uid);
}

bool is_our_host(std::string_view host, std::uint16_t port) {
  const auto suffix = ":" + std::to_string(port);
  static constexpr std::array<std::string_view, 3> names{"127.0.0.1", "localhost", "[::1]"};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return host == std::string(name) + suffix; });
}

}  // namespace

Result<Sessions> Sessions::open(Database& database, Options options, TimeUs now_us) {
  Sessions sessions(database);
  TRY_ASSIGN(const auto token, read_or_make(options.token_file));
  if (token.size() < 16) {
    return fail(
        ErrorCode::invalid_argument,
        options.token_file.string() + ": the token has fewer than 16 characters; delete the file to get a new one");
  }
  sessions.token_hash_ = sha256_hex(token);
  sessions.token_account_ = owner_of(options.token_file);
  TRY(read_or_make(options.login_file));
  sessions.options_ = std::move(options);
  TRY(sessions.read(now_us));
  return sessions;
}

Result<void> Sessions::read(TimeUs now_us) {
  TRY(database_->execute("DELETE FROM sessions WHERE expires_us <= ?", {now_us}));
  TRY_ASSIGN(const auto rows, database_->query("SELECT secret_sha256, expires_us, account FROM sessions"));
  for (const auto& row : rows) sessions_[row.text(0)] = {row.integer(1), row.text(2)};
  return {};
}

Result<void> Sessions::store(const std::string& secret_hash, const Session& session) {
  TRY(
      database_->execute("INSERT INTO sessions (secret_sha256, expires_us, account) VALUES (?, ?, ?) "
                         "ON CONFLICT (secret_sha256) DO UPDATE SET expires_us = excluded.expires_us",
                         {secret_hash, session.expires_us, session.account}));
  sessions_[secret_hash] = session;
  return {};
}

Result<std::string> Sessions::log_in(std::string_view one_time_token, TimeUs now_us) {
  const auto expected = read_secret(options_.login_file);
  if (!expected || expected->empty() || sha256_hex(*expected) != sha256_hex(one_time_token)) {
    return fail(ErrorCode::unauthenticated,
                "this link is wrong or was used already: `millrace up` prints a new one when it starts, or run "
                "`millrace login`");
  }
  const auto account = owner_of(options_.login_file);
  // Emptied first, which is durable: after a power loss too the link works once or never.
  TRY(write_file(options_.login_file, "", FileMode::secret));
  std::error_code failure;
  if (!std::filesystem::remove(options_.login_file, failure)) {
    return fail(ErrorCode::internal, options_.login_file.string() + " cannot be deleted: " + failure.message());
  }
  if (sessions_.size() >= options_.limit) {
    const auto oldest = std::min_element(sessions_.begin(), sessions_.end(), [](const auto& left, const auto& right) {
      return left.second.expires_us < right.second.expires_us;
    });
    TRY(database_->execute("DELETE FROM sessions WHERE secret_sha256 = ?", {oldest->first}));
    sessions_.erase(oldest);
  }
  auto secret = random_secret();
  TRY(store(sha256_hex(secret), {now_us + options_.lifetime_us, account}));
  return secret;
}

std::optional<std::string> Sessions::caller(const http::Request& request, TimeUs now_us) {
  // Whoever shows two credentials must be right with both: one that is wrong is a mistake or an attempt.
  static constexpr std::string_view bearer = "Bearer ";
  const auto authorization = header(request, "authorization");
  if (!authorization.empty()) {
    if (!authorization.starts_with(bearer)) return std::nullopt;
    if (sha256_hex(std::string_view(authorization).substr(bearer.size())) != token_hash_) return std::nullopt;
  }
  const auto cookies = header(request, "cookie");
  const auto secret = cookie_value(cookies, cookie_name);
  if (secret.empty()) return authorization.empty() ? std::nullopt : std::optional(token_account_ + " (API token)");
  const auto found = sessions_.find(sha256_hex(secret));
  if (found == sessions_.end() || found->second.expires_us <= now_us) return std::nullopt;
  const auto account = found->second.account;
  const auto renewed_us = now_us + options_.lifetime_us;
  // A renewal that cannot be written shortens the session, no more.
  if (renewed_us - found->second.expires_us > options_.renew_after_us) (void)store(found->first, {renewed_us, account});
  return account + " (console)";
}

std::string Sessions::cookie(std::string_view secret) {
  return std::string(cookie_name) + "=" + std::string(secret) + "; Path=/; HttpOnly; SameSite=Strict";
}

std::optional<http::Response> refuse(const http::Request& request, std::uint16_t port, Sessions& sessions,
                                     TimeUs now_us) {
  const auto host = header(request, "host");
  if (!is_our_host(host, port)) {
    return http::problem({ErrorCode::permission_denied, "this server answers to 127.0.0.1 and localhost on port " +
                                                            std::to_string(port) + " only, not to '" +
                                                            host.substr(0, 120) + "'"});
  }
  if (const auto origin = header(request, "origin"); !origin.empty() && origin != "http://" + host) {
    return http::problem(
        {ErrorCode::permission_denied, "requests from other sites ('" + origin.substr(0, 120) + "') are refused"});
  }
  if (request.path.starts_with("/api/") && !sessions.caller(request, now_us)) {
    return http::problem(
        {ErrorCode::unauthenticated,
         "no session: open the link that `millrace up` printed, or send the token of secrets/api-token as "
         "'Authorization: Bearer ...'"});
  }
  return std::nullopt;
}

}  // namespace millrace
