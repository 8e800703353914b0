#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "net/http/message.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// Kinds of names in the API, each with its alphabet and length (docs/openapi.yaml, components/schemas).
enum class NameKind { use_case, site, asset, decision, advice, sha256 };

/// What a person's comment may take: 4096 characters in UTF-8.
inline constexpr std::size_t comment_bytes = 4 * 4096;

/// Everything here fails with `invalid_argument` and says which field, what it was and what it must be.
Result<std::string> check_name(std::string_view field, std::string_view text, NameKind kind);
/// {field} of the path.
Result<std::string> path_name(const http::Request& request, std::string_view field, NameKind kind);
Result<std::int64_t> path_integer(const http::Request& request, std::string_view field, std::int64_t low,
                                  std::int64_t high);
/// Query fields; absent is nothing, empty is wrong.
Result<std::optional<std::string>> query_name(const http::Request& request, std::string_view field, NameKind kind);
Result<std::optional<std::string>> query_text(const http::Request& request, std::string_view field, std::size_t limit);
Result<std::int64_t> query_integer(const http::Request& request, std::string_view field, std::int64_t low,
                                   std::int64_t high, std::int64_t absent);
Result<std::optional<TimeUs>> query_time(const http::Request& request, std::string_view field);

/// The body as a JSON object with the `required` members, perhaps some of the `optional` ones, and nothing else.
Result<nlohmann::json> json_body(const http::Request& request, const std::vector<std::string_view>& required,
                                 const std::vector<std::string_view>& optional = {});
Result<std::string> text_member(const nlohmann::json& object, std::string_view member, std::size_t low,
                                std::size_t high);
Result<std::int64_t> integer_member(const nlohmann::json& object, std::string_view member, std::int64_t low,
                                    std::int64_t high);

}  // namespace millrace
