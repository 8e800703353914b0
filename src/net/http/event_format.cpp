#include "net/http/event_format.hpp"

namespace millrace::http {

std::string format_event(std::string_view event, std::string_view data) {
  std::string out;
  out.reserve(event.size() + data.size() + 20);
  if (!event.empty()) {
    out.append("event: ").append(event.substr(0, event.find_first_of("\r\n"))).append("\n");
  }
  for (;;) {
    auto end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    bool pair = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  return out.append("\n");
}

}  // namespace millrace::http
