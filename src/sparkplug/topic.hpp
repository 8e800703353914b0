#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace millrace::sparkplug {

enum class MessageType { nbirth, ndeath, ndata, ncmd, dbirth, ddeath, ddata, dcmd, state };

std::string_view to_string(MessageType type);

/// A Sparkplug topic (Sparkplug B 3.0, chapter 4), as views into the topic it was read from.
struct Topic {
  MessageType type = MessageType::ndata;
  std::string_view group, node, device;  ///< empty for STATE; `device` is empty for N... messages
  std::string_view host;                 ///< STATE only
};

/// `invalid_argument` names the topic and what is wrong with it.
Result<Topic> parse_topic(std::string_view text);

/// "spBv1.0/{group}/{type}/{node}" with "/{device}" when there is one.
std::string format_topic(MessageType type, std::string_view group, std::string_view node, std::string_view device = {});
/// "spBv1.0/STATE/{host}"
std::string state_topic(std::string_view host);

/// Group, node, device and host names may not be empty nor hold "/", "+" or "#" (tck-id-topic-structure-namespace-...).
Result<void> check_name(std::string_view what, std::string_view name);

}  // namespace millrace::sparkplug
