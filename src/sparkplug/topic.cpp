#include "sparkplug/topic.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace millrace::sparkplug {

namespace {

constexpr std::string_view root = "spBv1.0";
constexpr std::array<std::pair<std::string_view, MessageType>, 8> types{{
    {"NBIRTH", MessageType::nbirth},
    {"NDEATH", MessageType::ndeath},
    {"NDATA", MessageType::ndata},
    {"NCMD", MessageType::ncmd},
    {"DBIRTH", MessageType::dbirth},
    {"DDEATH", MessageType::ddeath},
    {"DDATA", MessageType::ddata},
    {"DCMD", MessageType::dcmd},
}};

constexpr bool is_device_type(MessageType type) {
  return type == MessageType::dbirth || type == MessageType::ddeath || type == MessageType::ddata ||
         type == MessageType::dcmd;
}

}  // namespace

std::string_view to_string(MessageType type) {
  for (const auto& [name, value] : types) {
    if (value == type) return name;
  }
  return "STATE";
}

Result<Topic> parse_topic(std::string_view text) {
  auto wrong = [&](std::string_view why) {
    return fail(ErrorCode::invalid_argument, fmt::format("not a Sparkplug topic, {}: '{}'", why, text.substr(0, 200)));
  };
  std::array<std::string_view, 5> parts;
  std::size_t count = 0;
  for (auto rest = text;;) {
    if (count == parts.size()) return wrong("too many levels");
    auto slash = rest.find('/');
    parts[count++] = rest.substr(0, slash);
    if (parts[count - 1].empty()) return wrong("an empty level");
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (parts[0] != root) return wrong("it does not begin with spBv1.0");
  if (count == 3 && parts[1] == "STATE") return Topic{.type = MessageType::state, .host = parts[2]};
  if (count < 4) return wrong("too few levels");
  for (const auto& [name, type] : types) {
    if (name != parts[2]) continue;
    if (is_device_type(type) != (count == 5)) return wrong("a device level where none belongs, or none");
    return Topic{.type = type, .group = parts[1], .node = parts[3], .device = parts[4]};
  }
  return wrong("unknown message type");
}

std::string format_topic(MessageType type, std::string_view group, std::string_view node, std::string_view device) {
  auto topic = fmt::format("{}/{}/{}/{}", root, group, to_string(type), node);
  if (!device.empty()) topic.append("/").append(device);
  return topic;
}

std::string state_topic(std::string_view host) { return fmt::format("{}/STATE/{}", root, host); }

Result<void> check_name(std::string_view what, std::string_view name) {
  if (!name.empty() && name.find_first_of("/+#") == std::string_view::npos) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} '{}' must not be empty nor hold '/', '+' or '#': rename it", what, name));
}

}  // namespace millrace::sparkplug
