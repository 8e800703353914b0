#include "platform/event_hub.hpp"

#include <algorithm>

namespace millrace {

bool EventHub::add(std::shared_ptr<http::EventStream> stream) {
  std::erase_if(streams_, [](const auto& candidate) { return !candidate->open(); });
  if (streams_.size() >= limit_) return false;
  streams_.push_back(std::move(stream));
  return true;
}

void EventHub::send(std::string_view event, std::string_view data) {
  std::erase_if(streams_, [&](const auto& stream) { return !stream->send(event, data); });
}

}  // namespace millrace
