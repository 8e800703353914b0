#include "platform/answer.hpp"
#include "platform/api_json.hpp"
#include "platform/assignments.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/request_fields.hpp"

namespace millrace::handlers {
namespace {

using nlohmann::json;

struct Caller {
  std::string name, site;
};

/// Who calls is what the certificate says, and nothing else.
Result<Caller> caller_of(Services& services, const http::Request& request) {
  if (!request.peer_name) return fail(ErrorCode::unauthenticated, "no client certificate");
  const auto site = services.fleet.site_of(*request.peer_name);
  if (!site) {
    return fail(
        ErrorCode::permission_denied,
        "'" + *request.peer_name + "' is no device of this platform: list it under devices in its configuration");
  }
  return Caller{*request.peer_name, *site};
}

Result<ActiveModel> active_model(const json& entry) {
  if (!entry.is_object() || entry.size() != 3) {
    return fail(ErrorCode::invalid_argument, "each of 'active' must be {use_case, model_version, since_us}");
  }
  ActiveModel active;
  TRY_ASSIGN(const auto use_case, text_member(entry, "use_case", 1, 64));
  TRY_ASSIGN(active.use_case, check_name("use_case", use_case, NameKind::use_case));
  TRY_ASSIGN(active.model_version, text_member(entry, "model_version", 0, 128));
  TRY_ASSIGN(active.since_us, integer_member(entry, "since_us", 0, std::numeric_limits<std::int64_t>::max()));
  return active;
}

Result<void> report(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto caller, caller_of(services, request));
  TRY_ASSIGN(const auto body, json_body(request, {"device", "active", "errors"}));
  TRY_ASSIGN(const auto device, text_member(body, "device", 1, 64));
  if (device != caller.name) {
    return fail(ErrorCode::permission_denied,
                "the certificate says '" + caller.name + "', the report says '" + device + "'");
  }
  if (!body["active"].is_array() || !body["errors"].is_array()) {
    return fail(ErrorCode::invalid_argument, "'active' and 'errors' must be lists");
  }
  DeviceReport told;
  for (const auto& entry : body["active"]) {
    TRY_ASSIGN(auto model, active_model(entry));
    told.active.push_back(std::move(model));
  }
  for (const auto& entry : body["errors"]) {
    if (!entry.is_string()) return fail(ErrorCode::invalid_argument, "each of 'errors' must be a text");
    told.errors.push_back(entry.get<std::string>());
  }
  return services.fleet.report(caller.site, caller.name, std::move(told), services.now_us());
}

}  // namespace

void get_assignment(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto caller = caller_of(services, request);
  if (!caller) return reply(http::problem(caller.error()));
  services.fleet.seen(caller->site, caller->name, services.now_us());
  const auto& assignment = services.assignments.of_site(caller->site);
  const auto tag = "\"" + assignment.revision + "\"";
  const auto known = request.headers.find("if-none-match");
  http::Response response;
  response.headers["etag"] = tag;
  if (known != request.headers.end() && known->second == tag) {
    response.status = 304;
    return reply(std::move(response));
  }
  response.body = assignment.json;
  reply(std::move(response));
}

void get_artifact(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto caller = caller_of(services, request);
  if (!caller) return reply(http::problem(caller.error()));
  const auto sha256 = path_name(request, "sha256", NameKind::sha256);
  if (!sha256) return reply(http::problem(sha256.error()));
  if (!services.assignments.of_site(caller->site).contains(*sha256)) {
    return reply(http::problem({ErrorCode::not_found, "no artifact " + *sha256 + " is assigned to " + caller->site}));
  }
  on_worker<std::string>(
      services, reply, [&artifacts = services.artifacts, sha256 = *sha256] { return artifacts.get(sha256); },
      [reply](Result<std::string> bytes) {
        if (!bytes) return reply(http::problem(bytes.error()));
        reply({.status = 200, .body = std::move(*bytes), .content_type = "application/octet-stream"});
      });
}

void report_device(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto noted = report(services, request);
  if (!noted) return reply(http::problem(noted.error()));
  reply({.status = 204});
}

}  // namespace millrace::handlers
