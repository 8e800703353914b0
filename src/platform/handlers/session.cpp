#include "platform/answer.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/request_fields.hpp"

namespace millrace::handlers {

void login(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto token = query_text(request, "token", 256);
  if (!token) return reply(http::problem(token.error()));
  if (!*token) return reply(http::problem({ErrorCode::invalid_argument, "token is missing"}));
  const auto secret = services.sessions.log_in(**token, services.now_us());
  if (!secret) return reply(http::problem(secret.error()));
  http::Response response{.status = 302, .content_type = "text/plain; charset=utf-8"};
  response.headers.emplace("location", "/");
  response.headers["set-cookie"] = Sessions::cookie(*secret);
  reply(std::move(response));
}

}  // namespace millrace::handlers
