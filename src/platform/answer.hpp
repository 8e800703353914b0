#pragma once

#include "net/http/server.hpp"
#include "platform/queries/queries.hpp"
#include "platform/services.hpp"

#include <functional>
#include <nlohmann/json.hpp>

namespace millrace {

/// JSON with a status, or the error's problem document.
void answer(const http::Reply& reply, const Result<nlohmann::json>& result, int status = 200);

/// Runs `work` on a worker, then `then` on the loop with its result; `exhausted` comes back as a problem at once.
template <typename T>
void on_worker(Services& services, const http::Reply& reply, std::function<Result<T>()> work,
               std::function<void(Result<T>)> then) {
  auto result = std::make_shared<std::optional<Result<T>>>();
  const auto submitted = services.workers.submit([result, work = std::move(work)] { *result = work(); },
                                                 [result, then = std::move(then)] { then(std::move(**result)); });
  if (!submitted) answer(reply, fail(submitted.error()));
}

/// Asks the lake on a worker, makes the answer on the loop.
void answer_query(Services& services, const http::Reply& reply, queries::Query query,
                  std::function<Result<nlohmann::json>(const QueryResult&)> make, std::size_t row_limit = 100'000);

}  // namespace millrace
