#include "platform/answer.hpp"
#include "platform/api_json.hpp"
#include "platform/csv_import.hpp"
#include "platform/handlers/handlers.hpp"
#include "platform/import_quality.hpp"
#include "platform/intake.hpp"
#include "platform/quality_report.hpp"
#include "platform/request_fields.hpp"
#include "signal/quality_counts.hpp"

namespace millrace::handlers {
namespace {

using nlohmann::json;

constexpr std::size_t sql_row_limit = 10'000;
constexpr TimeUs day_us = 86'400'000'000;

struct ImportRequest {
  std::string site;
  const AppliedUseCase* use_case = nullptr;
  bool work_orders = false;
  std::size_t first_line = 2;
};

Result<ImportRequest> import_request(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto name, query_name(request, "use_case", NameKind::use_case));
  TRY_ASSIGN(const auto site, query_name(request, "site", NameKind::site));
  TRY_ASSIGN(const auto kind, query_text(request, "kind", 64));
  TRY_ASSIGN(const auto first_line,
             query_integer(request, "first_line", 2, std::numeric_limits<std::int64_t>::max(), 2));
  if (!name || !site) return fail(ErrorCode::invalid_argument, "use_case and site must be given");
  if (kind && *kind != "samples" && *kind != "work_orders") {
    return fail(ErrorCode::invalid_argument, "kind must be samples or work_orders");
  }
  if (request.body.empty()) return fail(ErrorCode::invalid_argument, "the body is empty: send CSV");
  ImportRequest wanted{*site, services.use_cases.find(*name), kind && *kind == "work_orders",
                       static_cast<std::size_t>(first_line)};
  if (wanted.use_case == nullptr) return fail(services.use_cases.unknown(*name));
  return wanted;
}

struct ImportCount {
  std::size_t rows = 0, points = 0;
};

struct JudgedImport {
  CsvSamples samples;
  std::vector<QualityRow> quality;
};

json counted(const ImportCount& count) { return {{"rows", count.rows}, {"points", count.points}}; }

void import_work_orders(Services& services, const http::Reply& reply, const ImportRequest& wanted,
                        const std::string& csv) {
  auto orders = parse_csv_work_orders(csv, wanted.site, wanted.use_case->use_case.name, wanted.first_line);
  if (!orders) return reply(http::problem(orders.error()));
  const ImportCount count{orders->size(), 0};
  services.intake.import_work_orders(std::move(*orders), [reply, count](const Result<void>& stored) {
    answer(reply, stored ? Result<json>(counted(count)) : Result<json>(fail(stored.error())));
  });
}

void import_samples(Services& services, const http::Reply& reply, const ImportRequest& wanted, std::string csv) {
  on_worker<JudgedImport>(
      services, reply,
      [csv = std::move(csv), wanted, use_case = wanted.use_case->use_case]() -> Result<JudgedImport> {
        TRY_ASSIGN(auto samples, parse_csv_samples(csv, use_case, wanted.first_line));
        auto quality = judge_import(samples, use_case, wanted.site);
        return JudgedImport{std::move(samples), std::move(quality)};
      },
      [&services, reply, site = wanted.site, use_case = wanted.use_case->use_case](Result<JudgedImport> judged) {
        if (!judged) return reply(http::problem(judged.error()));
        const ImportCount count{judged->samples.rows, judged->samples.points.size()};
        services.intake.import_samples(
            site, use_case, judged->samples, std::move(judged->quality), [reply, count](const Result<void>& stored) {
              answer(reply, stored ? Result<json>(counted(count)) : Result<json>(fail(stored.error())));
            });
      });
}

struct SqlRequest {
  std::string sql;
  std::optional<SnapshotId> keep_snapshot;
};

Result<SqlRequest> sql_request(const http::Request& request) {
  TRY_ASSIGN(const auto body, json_body(request, {"sql"}, {"keep_snapshot"}));
  SqlRequest wanted;
  TRY_ASSIGN(wanted.sql, text_member(body, "sql", 1, 65'536));
  if (body.contains("keep_snapshot")) {
    TRY_ASSIGN(wanted.keep_snapshot,
               integer_member(body, "keep_snapshot", 0, std::numeric_limits<std::int64_t>::max()));
  }
  return wanted;
}

json json_table(const QueryResult& result) {
  json rows = json::array();
  for (const auto& row : result.rows) {
    json cells = json::array();
    for (const auto& cell : row) {
      auto value = json_cell(cell);
      cells.push_back(value.is_array() ? json(value.dump()) : std::move(value));  // a cell is a scalar
    }
    rows.push_back(std::move(cells));
  }
  return {{"columns", result.columns}, {"rows", rows}, {"truncated", result.truncated}};
}

/// SQL that does not fit is the caller's input, whatever the lake says about it.
Error as_bad_request(Error error) {
  if (error.code == ErrorCode::permission_denied || error.code == ErrorCode::not_found ||
      error.code == ErrorCode::timed_out) {
    error.code = ErrorCode::invalid_argument;
  }
  return error;
}

std::vector<std::string> signal_names(const UseCase& use_case) {
  std::vector<std::string> names;
  for (const auto& signal : use_case.signals) names.push_back(signal.name);
  return names;
}

json json_quality(const QueryResult& result, const std::string& use_case) {
  json list = json::array();
  for (std::size_t row = 0; row < result.rows.size(); ++row) {
    const auto& cells = result.rows[row];
    json findings = json::array();
    for (const auto& kind : quality_kinds()) {
      const auto count = result.number(row, 10 + static_cast<std::size_t>(kind.check));
      if (!(count > 0)) continue;
      findings.push_back({{"check", kind.name}, {"count", static_cast<std::int64_t>(count)}, {"detail", kind.meaning}});
    }
    json signal{{"signal", result.text(row, 0)},    {"unit", result.text(row, 1)},   {"quantity", result.text(row, 2)},
                {"assets", json_cell(cells[3])},    {"points", json_cell(cells[4])}, {"good", json_cell(cells[5])},
                {"uncertain", json_cell(cells[6])}, {"bad", json_cell(cells[7])},    {"first", json_cell(cells[8])},
                {"last", json_cell(cells[9])},      {"findings", findings}};
    if (!use_case.empty()) signal["use_case"] = use_case;
    list.push_back(std::move(signal));
  }
  return list;
}

struct ReportRequest {
  const AppliedUseCase* use_case = nullptr;
  std::int64_t days = 7;
};

Result<ReportRequest> report_request(Services& services, const http::Request& request) {
  TRY_ASSIGN(const auto name, path_name(request, "use_case", NameKind::use_case));
  TRY_ASSIGN(const auto days, query_integer(request, "days", 1, 366, 7));
  const auto* applied = services.use_cases.find(name);
  if (applied == nullptr) return fail(services.use_cases.unknown(name));
  return ReportRequest{applied, days};
}

}  // namespace

void import_data(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto wanted = import_request(services, request);
  if (!wanted) return reply(http::problem(wanted.error()));
  if (wanted->work_orders) return import_work_orders(services, reply, *wanted, request.body);
  import_samples(services, reply, *wanted, request.body);
}

void query_sql(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto wanted = sql_request(request);
  if (!wanted) return reply(http::problem(wanted.error()));
  if (wanted->keep_snapshot) services.snapshots.keep(*wanted->keep_snapshot, services.now_us());
  on_worker<QueryResult>(
      services, reply,
      [&lake = services.lake, sql = wanted->sql] { return lake.query(sql, {.row_limit = sql_row_limit}); },
      [reply](const Result<QueryResult>& result) {
        answer(reply, result ? Result<json>(json_table(*result)) : Result<json>(fail(as_bad_request(result.error()))));
      });
}

void get_quality(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto name = query_name(request, "use_case", NameKind::use_case);
  if (!name) return reply(http::problem(name.error()));
  std::vector<std::string> signals;
  if (*name) {
    const auto* applied = services.use_cases.find(**name);
    if (applied == nullptr) return reply(http::problem(services.use_cases.unknown(**name)));
    signals = signal_names(applied->use_case);
  }
  answer_query(services, reply, queries::quality(signals),
               [use_case = name->value_or("")](const QueryResult& result) -> Result<json> {
                 return json_quality(result, use_case);
               });
}

void get_quality_report(Services& services, const http::Request& request, const http::Reply& reply) {
  const auto wanted = report_request(services, request);
  if (!wanted) return reply(http::problem(wanted.error()));
  const auto from_us = day_of(services.now_us()) - (wanted->days - 1) * day_us;
  answer_query(services, reply, queries::quality_counts(wanted->use_case->use_case, from_us),
               [use_case = wanted->use_case->use_case](const QueryResult& found) -> Result<json> {
                 return quality_report(use_case, found);
               });
}

}  // namespace millrace::handlers
