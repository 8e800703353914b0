#include "cli/api.hpp"

#include "base/file.hpp"
#include "net/http/client.hpp"

#include <fmt/format.h>
#include <cctype>
#include <nlohmann/json.hpp>

namespace millrace::cli {
namespace {

constexpr std::int64_t request_limit_us = 300'000'000;  // a large import commits before it answers

ErrorCode code_of_status(int status) {
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return ErrorCode::invalid_argument;
    case 401:
      return ErrorCode::unauthenticated;
    case 403:
      return ErrorCode::permission_denied;
    case 404:
      return ErrorCode::not_found;
    case 409:
    case 412:
      return ErrorCode::failed_precondition;
    case 429:
      return ErrorCode::exhausted;
    case 503:
      return ErrorCode::unavailable;
    case 504:
      return ErrorCode::timed_out;
    default:
      return ErrorCode::internal;
  }
}

Error error_of(const http::Response& response) {
  const auto problem = nlohmann::json::parse(response.body, nullptr, false);
  auto message = fmt::format("the platform answered with HTTP status {}", response.status);
  if (problem.is_object()) message = problem.value("detail", problem.value("title", message));
  return {code_of_status(response.status), message};
}

std::string without_newline(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.pop_back();
  return text;
}

}  // namespace

Result<Api> Api::open(const Context& context) {
  const auto started = [&](const Error& error) {
    return fail(
        ErrorCode::unavailable,
        fmt::format("no running platform in {}: {}. Start one with `millrace up --dir {}`, or name its folder with "
                    "--dir or MILLRACE_DIR",
                    context.directory.string(), error.message, context.directory.string()));
  };
  const auto run = read_file(context.directory / "run" / "platform.json");
  if (!run) return started(run.error());
  const auto described = nlohmann::json::parse(*run, nullptr, false);
  if (!described.is_object() || !described.contains("port") || !described["port"].is_number_unsigned()) {
    return fail(ErrorCode::corrupt, (context.directory / "run" / "platform.json").string() + " does not name the port");
  }
  auto token = read_file(context.directory / "secrets" / "api-token");
  if (!token) return started(token.error());
  Api api;
  api.base_url_ = fmt::format("http://127.0.0.1:{}", described["port"].get<unsigned>());
  api.token_ = without_newline(std::move(*token));
  return api;
}

Result<nlohmann::json> Api::send(std::string method, const std::string& target, std::string body,
                                 std::string_view content_type) const {
  http::ClientOptions options{.base_url = base_url_, .timeout_us = request_limit_us};
  http::Headers headers{{"authorization", "Bearer " + token_}};
  if (!body.empty()) headers["content-type"] = std::string(content_type);
  auto response = http::fetch(options, std::move(method), target, std::move(body), std::move(headers));
  if (!response) return fail(response.error().with_context("asking the platform at " + base_url_));
  if (response->status >= 400) return fail(error_of(*response));
  if (response->body.empty()) return nlohmann::json();
  auto answer = nlohmann::json::parse(response->body, nullptr, false);
  if (answer.is_discarded()) return fail(ErrorCode::corrupt, "the platform's answer to " + target + " is not JSON");
  return answer;
}

Result<nlohmann::json> Api::get(const std::string& target) const { return send("GET", target, {}, {}); }

Result<nlohmann::json> Api::post(const std::string& target, std::string body, std::string_view content_type) const {
  return send("POST", target, std::move(body), content_type);
}

Result<nlohmann::json> Api::post(const std::string& target, const nlohmann::json& body) const {
  return send("POST", target, body.is_null() ? std::string() : body.dump(), "application/json");
}

std::string url_encode(std::string_view text) {
  std::string encoded;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded += static_cast<char>(c);
    } else {
      encoded += fmt::format("%{:02X}", c);
    }
  }
  return encoded;
}

}  // namespace millrace::cli
