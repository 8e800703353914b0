#include "platform/answer.hpp"

#include "platform/api_json.hpp"

namespace millrace {

void answer(const http::Reply& reply, const Result<nlohmann::json>& result, int status) {
  if (!result) {
    reply(http::problem(result.error()));
    return;
  }
  reply({.status = status, .body = dump(*result)});
}

void answer_query(Services& services, const http::Reply& reply, queries::Query query,
                  std::function<Result<nlohmann::json>(const QueryResult&)> make, std::size_t row_limit) {
  on_worker<QueryResult>(
      services, reply,
      [&lake = services.lake, query = std::move(query), row_limit] {
        return lake.query(query.sql, {.parameters = query.parameters, .row_limit = row_limit});
      },
      [reply, make = std::move(make)](const Result<QueryResult>& result) {
        answer(reply, result ? make(*result) : Result<nlohmann::json>(fail(result.error())));
      });
}

}  // namespace millrace
