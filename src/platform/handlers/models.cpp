#include "platform/answer.hpp"
#include "platform/api_json.hpp"
#include "platform/assignments.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/request_fields.hpp"
#include "platform/training_desk.hpp"

namespace millrace::handlers {
namespace {

using nlohmann::json;

constexpr std::int64_t largest_number = 2'147'483'647;

Result<json> list(Services& services) {
  TRY_ASSIGN(const auto models, services.models.list());
  json all = json::array();
  for (const auto& model : models) all.push_back(json_model(model));
  return all;
}

Result<ModelName> model_name(const http::Request& request) {
  ModelName name;
  TRY_ASSIGN(name.use_case, path_name(request, "use_case", NameKind::use_case));
  TRY_ASSIGN(name.number, path_integer(request, "version", 1, largest_number));
  return name;
}

Result<json> get(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto name, model_name(request));
  TRY_ASSIGN(const auto model, services.models.find(name.use_case, name.number));
  return json_model(model);
}

Result<json> train(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto body, json_body(request, {"use_case"}, {"seed"}));
  TRY_ASSIGN(const auto text, text_member(body, "use_case", 1, 64));
  TRY_ASSIGN(const auto use_case, check_name("use_case", text, NameKind::use_case));
  std::int64_t seed = 1;
  if (body.contains("seed")) {
    TRY_ASSIGN(seed, integer_member(body, "seed", 0, largest_number));
  }
  const auto* applied = services.use_cases.find(use_case);
  if (applied == nullptr) return fail(services.use_cases.unknown(use_case));
  TRY_ASSIGN(const auto job, services.training.start(*applied, static_cast<std::uint64_t>(seed)));
  return json{{"job", job}};
}

Result<json> approve(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto name, model_name(request));
  Approval approval{.by = services.caller(request), .time_us = services.now_us()};
  if (!request.body.empty()) {
    TRY_ASSIGN(const auto body, json_body(request, {}, {"comment"}));
    if (body.contains("comment")) {
      TRY_ASSIGN(approval.comment, text_member(body, "comment", 0, comment_bytes));
    }
  }
  if (const auto* applied = services.use_cases.find(name.use_case)) approval.on_behalf_of = applied->use_case.owner;
  TRY_ASSIGN(const auto model, services.models.approve(name.use_case, name.number, std::move(approval)));
  services.assignments.refresh();
  return json_model(model);
}

Result<json> job(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto id, path_name(request, "job", NameKind::decision));
  const auto* found = services.jobs.find(id);
  if (found == nullptr) return fail(ErrorCode::not_found, "no job " + id);
  return json_job(*found);
}

}  // namespace

void list_models(Services& services, const http::Request&, const http::Reply& reply) { answer(reply, list(services)); }
void get_model(Services& services, const http::Request& request, const http::Reply& reply) {
  answer(reply, get(services, request));
}
void train_model(Services& services, const http::Request& request, const http::Reply& reply) {
  answer(reply, train(services, request), 202);
}
void approve_model(Services& services, const http::Request& request, const http::Reply& reply) {
  answer(reply, approve(services, request));
}
void get_job(Services& services, const http::Request& request, const http::Reply& reply) {
  answer(reply, job(services, request));
}

}  // namespace millrace::handlers
