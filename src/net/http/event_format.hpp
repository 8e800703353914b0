#pragma once

#include <string>
#include <string_view>

namespace millrace::http {

/// One server-sent event as bytes (WHATWG HTML, 9.2.5); data of several lines becomes several `data:` fields.
std::string format_event(std::string_view event, std::string_view data);

/// What keeps an idle stream alive through proxies and finds subscribers that are gone: a comment.
inline constexpr std::string_view kEventComment = ":\n\n";

}  // namespace millrace::http
