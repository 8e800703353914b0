#include "platform/session.hpp"

#include "base/file.hpp"
#include "base/hash.hpp"
#include "base/id.hpp"
#include "metadata/database.hpp"

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

std::string trimmed(std::string text) {
  text.erase(text.find_last_not_of(" \r\n\t") + 1);
  return text;
}

Result<std::string> read_or_make(const std::filesystem::path& file) {
  if (auto found = read_file(file); found && !trimmed(*found).empty()) return trimmed(std::move(*found));
  auto made = random_secret();
  TRY(write_file(file, made + "\n", FileMode::secret));
  return made;
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
  TRY(read_or_make(options.login_file));
  sessions.options_ = std::move(options);
  TRY(sessions.read(now_us));
  return sessions;
}

Result<void> Sessions::read(TimeUs now_us) {
  TRY(database_->execute("DELETE FROM sessions WHERE expires_us <= ?", {now_us}));
  TRY_ASSIGN(const auto rows, database_->query("SELECT secret_sha256, expires_us FROM sessions"));
  for (const auto& row : rows) expires_us_[row.text(0)] = row.integer(1);
  return {};
}

Result<void> Sessions::store(const std::string& secret_hash, TimeUs expires_us) {
  TRY(
      database_->execute("INSERT INTO sessions (secret_sha256, expires_us) VALUES (?, ?) "
                         "ON CONFLICT (secret_sha256) DO UPDATE SET expires_us = excluded.expires_us",
                         {secret_hash, expires_us}));
  expires_us_[secret_hash] = expires_us;
  return {};
}

Result<std::string> Sessions::log_in(std::string_view one_time_token, TimeUs now_us) {
  const auto expected = read_file(options_.login_file);
  if (!expected || trimmed(*expected).empty() || sha256_hex(trimmed(*expected)) != sha256_hex(one_time_token)) {
    return fail(ErrorCode::unauthenticated,
                "this link is wrong or was used already: `millrace up` prints a new one when it starts, or run "
                "`millrace login`");
  }
  // Emptied first, which is durable: after a power loss too the link works once or never.
  TRY(write_file(options_.login_file, "", FileMode::secret));
  std::error_code failure;
  if (!std::filesystem::remove(options_.login_file, failure)) {
    return fail(ErrorCode::internal, options_.login_file.string() + " cannot be deleted: " + failure.message());
  }
  if (expires_us_.size() >= options_.limit) {
    const auto oldest =
        std::min_element(expires_us_.begin(), expires_us_.end(),
                         [](const auto& left, const auto& right) { return left.second < right.second; });
    TRY(database_->execute("DELETE FROM sessions WHERE secret_sha256 = ?", {oldest->first}));
    expires_us_.erase(oldest);
  }
  auto secret = random_secret();
  TRY(store(sha256_hex(secret), now_us + options_.lifetime_us));
  return secret;
}

bool Sessions::is_known(const http::Request& request, TimeUs now_us) {
  // Whoever shows two credentials must be right with both: one that is wrong is a mistake or an attempt.
  static constexpr std::string_view bearer = "Bearer ";
  const auto authorization = header(request, "authorization");
  if (!authorization.empty()) {
    if (!authorization.starts_with(bearer)) return false;
    if (sha256_hex(std::string_view(authorization).substr(bearer.size())) != token_hash_) return false;
  }
  const auto cookies = header(request, "cookie");
  const auto secret = cookie_value(cookies, cookie_name);
  if (secret.empty()) return !authorization.empty();
  const auto session = expires_us_.find(sha256_hex(secret));
  if (session == expires_us_.end() || session->second <= now_us) return false;
  const auto renewed_us = now_us + options_.lifetime_us;
  // A renewal that cannot be written shortens the session, no more.
  if (renewed_us - session->second > options_.renew_after_us) (void)store(session->first, renewed_us);
  return true;
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
  if (request.path.starts_with("/api/") && !sessions.is_known(request, now_us)) {
    return http::problem(
        {ErrorCode::unauthenticated,
         "no session: open the link that `millrace up` printed, or send the token of secrets/api-token as "
         "'Authorization: Bearer ...'"});
  }
  return std::nullopt;
}

}  // namespace millrace
