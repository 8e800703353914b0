#include "net/http/message.hpp"

#include <nlohmann/json.hpp>

namespace millrace::http {
namespace {

struct StatusOf {
  ErrorCode code;
  int status;
  const char* title;
};

constexpr StatusOf kStatusTable[] = {
    {ErrorCode::invalid_argument, 400, "Bad request"},  {ErrorCode::unauthenticated, 401, "Not logged in"},
    {ErrorCode::permission_denied, 403, "Not allowed"}, {ErrorCode::not_found, 404, "Not found"},
    {ErrorCode::already_exists, 409, "Exists already"}, {ErrorCode::failed_precondition, 409, "Not possible now"},
    {ErrorCode::exhausted, 429, "A bound was reached"}, {ErrorCode::corrupt, 500, "Stored data is damaged"},
    {ErrorCode::internal, 500, "Internal error"},       {ErrorCode::unavailable, 503, "Not available now"},
    {ErrorCode::timed_out, 504, "No answer in time"},
};

}  // namespace

Response problem(const Error& error) {
  const auto* row = &kStatusTable[8];
  for (const auto& candidate : kStatusTable) {
    if (candidate.code == error.code) row = &candidate;
  }
  nlohmann::json document = {{"type", "about:blank"},
                             {"title", row->title},
                             {"status", row->status},
                             {"code", std::string(to_string(error.code))},
                             {"detail", error.message}};
  // Messages may quote bytes of the request: what is not UTF-8 is replaced, never thrown at.
  return {.status = row->status,
          .body = document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace),
          .content_type = "application/problem+json"};
}

}  // namespace millrace::http
