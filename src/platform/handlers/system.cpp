#include "platform/answer.hpp"
#include "platform/api_json.hpp"
#include "platform/build_info.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/status.hpp"

namespace millrace::handlers {

void openapi(Services&, const http::Request&, const http::Reply& reply) {
  reply({.status = 200, .body = std::string(openapi_yaml()), .content_type = "application/yaml"});
}

void metrics(Services& services, const http::Request&, const http::Reply& reply) {
  reply({.status = 200, .body = services.metrics.scrape(), .content_type = "text/plain; version=0.0.4; charset=utf-8"});
}

void status(Services& services, const http::Request&, const http::Reply& reply) {
  answer(reply, json_status(services));
}

void events(Services& services, std::shared_ptr<http::EventStream> stream) {
  if (!stream->send("status", dump(json_status(services)))) return;
  static_cast<void>(services.events.add(std::move(stream)));
}

}  // namespace millrace::handlers
