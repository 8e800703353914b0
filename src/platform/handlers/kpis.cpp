#include "platform/answer.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/kpi_board.hpp"
#include "platform/request_fields.hpp"

namespace millrace::handlers {
namespace {

Result<nlohmann::json> get(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto name, path_name(request, "use_case", NameKind::use_case));
  const auto* applied = services.use_cases.find(name);
  if (applied == nullptr) return fail(services.use_cases.unknown(name));
  return services.kpis.detail(applied->use_case);
}

}  // namespace

void get_kpi(Services& services, const http::Request& request, const http::Reply& reply) {
  answer(reply, get(services, request));
}

}  // namespace millrace::handlers
