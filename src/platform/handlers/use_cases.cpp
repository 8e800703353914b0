#include "platform/answer.hpp"
#include "platform/api_json.hpp"
#include "platform/assignments.hpp"
#include "platform/config.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/intake.hpp"
#include "platform/kpi_board.hpp"
#include "platform/request_fields.hpp"
#include "usecase/selection.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include "training/training.hpp"

namespace millrace::handlers {
namespace {

using nlohmann::json;

json summary(Services& services, const AppliedUseCase& applied) {
  return {{"name", applied.use_case.name},
          {"title", applied.use_case.title},
          {"owner", applied.use_case.owner},
          {"version", applied.version.version},
          {"applied", format_time(applied.version.applied_us)},
          {"kpi", services.kpis.summary(applied.use_case)}};
}

json signals_of(const UseCase& use_case) {
  json signals = json::array();
  for (const auto& signal : use_case.signals) {
    signals.push_back({{"name", signal.name},
                       {"unit", signal.unit},
                       {"quantity", signal.quantity},
                       {"role", role_name(signal.role)},
                       {"low", signal.range ? json_number(signal.range->first) : json()},
                       {"high", signal.range ? json_number(signal.range->second) : json()},
                       {"address", signal.opcua}});
  }
  return signals;
}

json outcome_of(const UseCase& use_case) {
  const auto& outcome = use_case.outcome;
  json guards = json::object();
  for (const auto& guard : outcome.guard) guards[guard.kpi] = to_string(guard.limit);
  return {{"kpi", outcome.kpi},
          {"baseline",
           {{"policy", outcome.baseline.policy},
            {"measured", outcome.baseline.measured ? json(*outcome.baseline.measured) : json()}}},
          {"target", {{"value", outcome.target.value}, {"relative", outcome.target.relative}}},
          {"guard", guards},
          {"stakeholders", outcome.stakeholders}};
}

Result<json> detail(Services& services, const AppliedUseCase& applied) {
  TRY_ASSIGN(const auto versions, services.use_cases.versions(applied.use_case.name));
  auto described = summary(services, applied);
  described["yaml"] = applied.yaml;
  described["outcome"] = outcome_of(applied.use_case);
  described["signals"] = signals_of(applied.use_case);
  described["versions"] = json::array();
  for (const auto& version : versions) {
    described["versions"].push_back(
        {{"version", version.version}, {"applied", format_time(version.applied_us)}, {"sha256", version.sha256}});
  }
  return described;
}

/// The request's file, unless this platform does not take it, whatever else is right or wrong with it.
Result<ParsedUseCase> read_file(const Services& services, const http::Request& request) {
  if (request.body.empty())
    return fail(ErrorCode::invalid_argument, "the body is empty: send the use case file (YAML)");
  auto parsed = check_use_case(request.body);
  if (!parsed.problems.empty()) return parsed;  // told, all of them, by whoever works with the file
  if (parsed.use_case.name == "plan")
    return fail(ErrorCode::invalid_argument, "use_case: \"plan\" is a word of the API; choose another name");
  TRY(check_command_allowed(parsed.use_case, services.config.training.allow_command));
  return parsed;
}

std::string known_kinds(const LiveState& live) {
  std::set<std::string> kinds;
  for (const auto& asset : live.assets()) {
    const auto& [type, tags] = asset.properties;
    kinds.insert(fmt::format("{} [{}] at {}", type.empty() ? "no type" : type, fmt::join(tags, ", "), asset.site));
  }
  return fmt::format("{}", fmt::join(kinds, "; "));
}

/// How many assets the file would run for now. None is no error: they may come later.
json selected_assets(Services& services, const UseCase& use_case) {
  const auto& assets = services.live.assets();
  const auto selected = std::count_if(assets.begin(), assets.end(), [&](const LiveAsset& asset) {
    return selects(use_case.assets, asset.site, asset.properties.type, asset.properties.tags);
  });
  json warning;
  if (assets.empty()) {
    warning = "no gateway has told of an asset yet: start one with `connections.assets` in its configuration";
  } else if (selected == 0) {
    warning = fmt::format(
        "no asset is of {}. There are: {}. Change `assets` in the use case, or `type` and `tags` under "
        "`connections.assets` in the gateway's configuration",
        to_text(use_case.assets), known_kinds(services.live));
  }
  return {{"selected", selected}, {"known", assets.size()}, {"warning", std::move(warning)}};
}

json warnings_of(const ParsedUseCase& parsed) {
  json list = json::array();
  for (const auto& [line, path, message] : parsed.warnings) {
    list.push_back({{"line", line}, {"path", path}, {"message", message}});
  }
  return list;
}

Result<json> plan(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto parsed, read_file(services, request));
  TRY_ASSIGN(const auto changes, services.use_cases.plan(request.body));
  json list = json::array();
  for (const auto& change : changes) {
    list.push_back({{"path", change.path},
                    {"before", change.before.empty() ? json() : json(change.before)},
                    {"after", change.after.empty() ? json() : json(change.after)}});
  }
  return json{
      {"changes", list}, {"assets", selected_assets(services, parsed.use_case)}, {"warnings", warnings_of(parsed)}};
}

Result<json> apply(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto parsed, read_file(services, request));
  TRY_ASSIGN(const auto applied, services.use_cases.apply(request.body, services.now_us()));
  if (applied.changed) {
    TRY(services.artifacts.put(services.use_cases.find(applied.name)->yaml));
    services.assignments.refresh();
    services.intake.use_cases_changed();
  }
  return json{{"name", applied.name},
              {"version", applied.version},
              {"changed", applied.changed},
              {"warnings", warnings_of(parsed)}};
}

Result<json> get(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto name, path_name(request, "use_case", NameKind::use_case));
  const auto* applied = services.use_cases.find(name);
  if (applied == nullptr) return fail(services.use_cases.unknown(name));
  return detail(services, *applied);
}

}  // namespace

void list_use_cases(Services& services, const http::Request&, const http::Reply& reply) {
  json list = json::array();
  for (const auto& [name, applied] : services.use_cases.all()) list.push_back(summary(services, applied));
  answer(reply, list);
}

/// "plan" is an operation, not a use case: without this row it would be read as a name.
void refuse_get_of_plan(Services&, const http::Request&, const http::Reply& reply) {
  auto response = http::problem({ErrorCode::invalid_argument, "/api/v1/use-cases/plan takes POST"});
  response.status = 405;
  response.headers.emplace("allow", "POST");
  reply(std::move(response));
}

void get_use_case(Services& services, const http::Request& request, const http::Reply& reply) {
  answer(reply, get(services, request));
}
void plan_use_case(Services& services, const http::Request& request, const http::Reply& reply) {
  answer(reply, plan(services, request));
}
void apply_use_case(Services& services, const http::Request& request, const http::Reply& reply) {
  answer(reply, apply(services, request));
}

}  // namespace millrace::handlers
