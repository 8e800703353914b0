#pragma once

#include "base/result.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace millrace::sparkplug {

/// A message that a session wants to be published; the views are valid during the call only.
struct Publication {
  std::string_view topic, payload;
  int quality_of_service = 0;
  bool retain = false;
};

/// How a session publishes: usually mqtt::Client::publish. An error means that nothing went out.
using Publish = std::function<Result<void>(const Publication&)>;

/// What the broker says when the connection breaks.
struct Testament {
  std::string topic, payload;
  int quality_of_service = 1;
  bool retain = false;
};

}  // namespace millrace::sparkplug
