#include "platform/answer.hpp"
#include "platform/api_json.hpp"
#include "platform/explanation.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/intake.hpp"
#include "platform/request_fields.hpp"

#include <algorithm>

namespace millrace::handlers {
namespace {

using nlohmann::json;

json json_verdict(const Verdict& verdict) {
  return {{"verdict", verdict.verdict},
          {"comment", verdict.comment},
          {"time", format_time(verdict.time_us)},
          {"by", verdict.by}};
}

Result<json> with_verdict(Services& services, json decision) {
  TRY_ASSIGN(const auto verdict, services.verdicts.newest(decision["decision_id"].get<std::string>()));
  if (verdict) decision["verdict"] = json_verdict(*verdict);
  return decision;
}

Result<bool> query_flag(const http::Request& request, std::string_view field) {
  const auto found = request.query.find(field);
  if (found == request.query.end() || found->second == "false") return false;
  if (found->second == "true") return true;
  return fail(ErrorCode::invalid_argument, std::string(field) + " must be true or false");
}

Result<queries::DecisionFilter> filter_of(const http::Request& request) {
  queries::DecisionFilter filter;
  TRY_ASSIGN(filter.asset, query_name(request, "asset", NameKind::asset));
  TRY_ASSIGN(filter.advice, query_name(request, "advice", NameKind::advice));
  TRY_ASSIGN(filter.before, query_name(request, "before", NameKind::decision));
  TRY_ASSIGN(filter.advised, query_flag(request, "advised"));
  return filter;
}

struct Page {
  QueryResult rows;
  std::int64_t total = 0;
};

/// Runs on a worker.
Result<Page> read_page(Lake& lake, const queries::DecisionFilter& filter, std::int64_t limit) {
  const auto ask = [&](const queries::Query& query) { return lake.query(query.sql, {.parameters = query.parameters}); };
  if (filter.before) {
    TRY_ASSIGN(const auto found, ask(queries::decision(*filter.before)));
    if (found.rows.empty()) return fail(ErrorCode::not_found, "no decision " + *filter.before);
  }
  Page page;
  TRY_ASSIGN(page.rows, ask(queries::decisions(filter, limit)));
  TRY_ASSIGN(const auto count, ask(queries::decision_count(filter)));
  page.total = static_cast<std::int64_t>(count.number(0, 0));
  return page;
}

Result<json> json_page(Services& services, const queries::DecisionFilter& filter, const Result<Page>& page) {
  if (!page) return fail(page.error());
  json list = json::array();
  for (std::size_t row = 0; row < page->rows.rows.size(); ++row) {
    TRY_ASSIGN(auto decision, with_verdict(services, json_decision(page->rows, row)));
    list.push_back(std::move(decision));
  }
  TRY_ASSIGN(const auto counts, services.verdicts.count(filter.asset, filter.advice, filter.advised));
  return json{{"decisions", list},
              {"total", page->total},
              {"verdicts", {{"right", counts.right}, {"wrong", counts.wrong}, {"unsure", counts.unsure}}}};
}

json step(std::string_view name, const std::string& id, const std::string& detail) {
  return {{"step", name}, {"id", id}, {"detail", detail}};
}

std::string approval_text(const Approval& approval) {
  if (approval.by.empty()) return "nobody has approved this model";
  auto text = "approved " + format_time(approval.time_us);
  if (!approval.on_behalf_of.empty()) text += " on behalf of " + approval.on_behalf_of;
  if (!approval.comment.empty()) text += ": " + approval.comment;
  return text;
}

/// From the decision to the verdict, in order; what cannot be resolved says why.
json trace_of(const json& decision, const Result<ModelVersion>& model) {
  json trace = json::array();
  trace.push_back(step("decision", decision["decision_id"],
                       decision["asset"].get<std::string>() + ": " + decision["advice"].get<std::string>() + ", " +
                           decision["reason"].get<std::string>()));
  if (model) {
    const auto& dataset = model->dataset;
    trace.push_back(step("model", model->name(), "trained " + format_time(model->created_us)));
    trace.push_back(
        step("dataset", dataset.sha256,
             "lake snapshot " + std::to_string(dataset.snapshot) + ", " + std::to_string(dataset.rows) + " rows"));
    trace.push_back(step("code", model->code_commit, "commit of the program that trained the model"));
    trace.push_back(step("approver", model->approval.by, approval_text(model->approval)));
  } else {
    for (const auto* name : {"model", "dataset", "code", "approver"})
      trace.push_back(step(name, "", model.error().message));
  }
  const auto device = decision["device"].get<std::string>();
  trace.push_back(
      step("device", device,
           device.empty() ? "the device did not say who it is" : "site " + decision["site"].get<std::string>()));
  if (decision["verdict"].is_object()) {
    trace.push_back(step("verdict", decision["verdict"]["verdict"], decision["verdict"]["comment"]));
  } else {
    trace.push_back(step("verdict", "", "nobody has judged it yet"));
  }
  return trace;
}

struct Found {
  json decision;
  std::vector<double> inputs;
};

Result<ModelVersion> model_of(Services& services, const json& decision) {
  const auto name = decision["model_version"].get<std::string>();
  if (name.empty()) return fail(ErrorCode::not_found, "no model took part");
  TRY_ASSIGN(const auto parsed, parse_model_name(name));
  return services.models.find(parsed.use_case, parsed.number);
}

std::string file_of(const ModelVersion& model, std::string_view name) {
  const auto found =
      std::find_if(model.files.begin(), model.files.end(), [&](const ModelFile& file) { return file.name == name; });
  return found == model.files.end() ? std::string() : found->sha256;
}

/// Names and contributions of the inputs. Runs on a worker: it loads the model.
Result<json> explain(const ArtifactStore& artifacts, const ModelVersion& model, const std::vector<double>& inputs) {
  TRY_ASSIGN(const auto features, artifacts.get(file_of(model, "features.json")));
  TRY_ASSIGN(const auto golden, artifacts.get(file_of(model, "golden.json")));
  TRY_ASSIGN(const auto onnx, artifacts.get(file_of(model, "model.onnx")));
  TRY_ASSIGN(auto explanation, Explanation::load(features, golden, onnx));
  TRY_ASSIGN(const auto moved, explanation.contributions(inputs));
  json list = json::array();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    list.push_back(
        {{"name", explanation.names()[i]}, {"value", json_number(inputs[i])}, {"contribution", json_number(moved[i])}});
  }
  return list;
}

/// Inputs without a model that could name them.
json plain_features(const std::vector<double>& inputs) {
  json list = json::array();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    list.push_back(
        {{"name", "input " + std::to_string(i)}, {"value", json_number(inputs[i])}, {"contribution", nullptr}});
  }
  return list;
}

void answer_detail(Services& services, const http::Reply& reply, Found found) {
  auto decision = with_verdict(services, std::move(found.decision));
  if (!decision) return reply(http::problem(decision.error()));
  auto model = model_of(services, *decision);
  json detail{{"decision", *decision},
              {"features", plain_features(found.inputs)},
              {"model", model ? json_model(*model) : json()},
              {"dataset", model ? json_dataset(model->dataset) : json()},
              {"trace", trace_of(*decision, model)}};
  if (!model || found.inputs.empty()) return answer(reply, detail);
  on_worker<json>(
      services, reply,
      [&artifacts = services.artifacts, model = *model, inputs = found.inputs] {
        return explain(artifacts, model, inputs);
      },
      [reply, detail = std::move(detail)](const Result<json>& features) mutable {
        if (features) detail["features"] = *features;  // a model of another kind has no trees to ask: values only
        answer(reply, detail);
      });
}

Result<Found> read_decision(Lake& lake, const std::string& id) {
  const auto query = queries::decision(id);
  TRY_ASSIGN(const auto result, lake.query(query.sql, {.parameters = query.parameters}));
  if (result.rows.empty()) return fail(ErrorCode::not_found, "no decision " + id);
  Found found{json_decision(result, 0), {}};
  const auto column = result.column("features");
  if (const auto* inputs = std::get_if<std::vector<double>>(&result.rows[0][static_cast<std::size_t>(column)]))
    found.inputs = *inputs;
  return found;
}

struct VerdictRequest {
  std::string id;
  Verdict verdict;
};

Result<VerdictRequest> verdict_request(Services& services, const http::Request& request) {
  VerdictRequest wanted;
  TRY_ASSIGN(wanted.id, path_name(request, "decision_id", NameKind::decision));
  TRY_ASSIGN(const auto body, json_body(request, {"verdict"}, {"comment"}));
  TRY_ASSIGN(wanted.verdict.verdict, text_member(body, "verdict", 1, 16));
  if (const auto& word = wanted.verdict.verdict; word != "right" && word != "wrong" && word != "unsure") {
    return fail(ErrorCode::invalid_argument, "'verdict' must be right, wrong or unsure");
  }
  if (body.contains("comment")) {
    TRY_ASSIGN(wanted.verdict.comment, text_member(body, "comment", 0, comment_bytes));
  }
  wanted.verdict.by = services.caller(request);
  wanted.verdict.time_us = services.now_us();
  return wanted;
}

/// A verdict is a label for the next training; an unsure one has no value.
LakeCommit label_of(const json& decision, const VerdictRequest& wanted) {
  LabelRow label{.time_us = wanted.verdict.time_us,
                 .site = decision["site"].get<std::string>(),
                 .asset = decision["asset"].get<std::string>(),
                 .use_case = decision["use_case"].get<std::string>(),
                 .decision_id = wanted.id,
                 .label = "verdict",
                 .source = wanted.verdict.by};
  if (wanted.verdict.verdict != "unsure") label.value = wanted.verdict.verdict == "right" ? 1 : 0;
  LakeCommit rows;
  rows.labels.push_back(std::move(label));
  return rows;
}

}  // namespace

void list_decisions(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto filter = filter_of(request);
  if (!filter) return reply(http::problem(filter.error()));
  const auto limit = query_integer(request, "limit", 1, 1000, 100);
  if (!limit) return reply(http::problem(limit.error()));
  on_worker<Page>(
      services, reply,
      [&lake = services.lake, filter = *filter, limit = *limit] { return read_page(lake, filter, limit); },
      [&services, reply, filter = *filter](const Result<Page>& page) {
        answer(reply, json_page(services, filter, page));
      });
}

void get_decision(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto id = path_name(request, "decision_id", NameKind::decision);
  if (!id) return reply(http::problem(id.error()));
  on_worker<Found>(
      services, reply, [&lake = services.lake, id = *id] { return read_decision(lake, id); },
      [&services, reply](Result<Found> found) {
        if (!found) return reply(http::problem(found.error()));
        answer_detail(services, reply, std::move(*found));
      });
}

void set_verdict(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto wanted = verdict_request(services, request);
  if (!wanted) return reply(http::problem(wanted.error()));
  on_worker<Found>(
      services, reply, [&lake = services.lake, id = wanted->id] { return read_decision(lake, id); },
      [&services, reply, wanted = *wanted](const Result<Found>& found) {
        if (!found) return reply(http::problem(found.error()));
        const auto stored = services.verdicts.add(wanted.id, found->decision["asset"].get<std::string>(),
                                                  found->decision["advice"].get<std::string>(), wanted.verdict);
        if (stored) services.intake.store(label_of(found->decision, wanted), {});
        answer(reply, stored ? Result<json>(json_verdict(wanted.verdict)) : Result<json>(fail(stored.error())));
      });
}

}  // namespace millrace::handlers
