#include "sparkplug/host.hpp"

#include "sparkplug/state.hpp"
#include "sparkplug/time.hpp"

#include <algorithm>

namespace millrace::sparkplug {

namespace {

bool is_device_message(MessageType type) {
  return type == MessageType::dbirth || type == MessageType::ddata || type == MessageType::ddeath;
}

std::optional<std::uint64_t> bd_seq_of(const Payload& payload) {
  const auto* metric = payload.find("bdSeq");
  auto number = metric != nullptr ? to_number(metric->value) : std::nullopt;
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

}  // namespace

struct Host::Node {
  DeviceState self;
  std::map<std::string, std::unique_ptr<DeviceState>, std::less<>> devices;
  std::optional<std::uint64_t> bd_seq;
  std::uint8_t expected_seq = 0;
  std::optional<std::int64_t> asked_rebirth_us;
  std::int64_t waiting_since_us = 0;  // of the oldest message held back
  struct Held {
    std::string topic, payload;
  };
  std::map<std::uint8_t, Held> held;  // by sequence number
  std::uint64_t lost_messages = 0;
};

Host::Host(HostOptions options, const Clock& clock, Handlers handlers)
    : options_(std::move(options)), clock_(clock), handlers_(std::move(handlers)) {}
Host::~Host() = default;

Testament Host::testament(TimeUs now_us) {
  // tck-id-host-topic-phid-birth-payload-timestamp: the same in will and birth. Edge nodes pass over an earlier one, so
  // a clock that was set back must not show.
  state_time_ms_ = std::max(state_time_ms_, to_ms(now_us));
  return {.topic = state_topic(options_.host), .payload = format_state({false, state_time_ms_}), .retain = true};
}

std::vector<std::string> Host::subscriptions() const {
  std::vector<std::string> filters{
      state_topic(options_.host)};  // before the birth: tck-id-host-topic-phid-birth-sub-required
  for (const auto& node : options_.nodes) filters.push_back("spBv1.0/" + options_.group + "/+/" + node + "/#");
  if (options_.nodes.empty()) filters.push_back("spBv1.0/" + options_.group + "/#");
  return filters;
}

void Host::publish_state(bool online) {
  (void)handlers_.publish({.topic = state_topic(options_.host),
                           .payload = format_state({online, state_time_ms_}),
                           .quality_of_service = 1,
                           .retain = true});
}

void Host::on_connected(TimeUs) {
  connected_ = true;
  publish_state(true);
}

void Host::stop(TimeUs now_us) {
  if (!connected_) return;
  state_time_ms_ = std::max(state_time_ms_, to_ms(now_us));
  publish_state(false);
  connected_ = false;
}

void Host::on_disconnected(TimeUs now_us) {
  connected_ = false;
  for (auto& [name, node] : nodes_) set_offline(*node, now_us);
}

Host::Node& Host::node_of(const Topic& topic) {
  key_.assign(topic.group).append("/").append(topic.node);
  auto& node = nodes_[key_];
  if (!node) {
    node = std::make_unique<Node>();
    node->self.group = topic.group;
    node->self.node = topic.node;
  }
  return *node;
}

void Host::on_message(std::string_view text, std::string_view payload, TimeUs now_us) {
  auto topic = parse_topic(text);
  if (!topic) return;
  switch (topic->type) {
    case MessageType::state:
      if (topic->host == options_.host) on_state(payload);
      return;
    case MessageType::ncmd:
    case MessageType::dcmd:
      return;
    default:
      break;
  }
  if (!options_.nodes.empty() &&
      std::find(options_.nodes.begin(), options_.nodes.end(), topic->node) == options_.nodes.end()) {
    return;
  }
  auto& node = node_of(*topic);
  if (topic->type == MessageType::nbirth) return on_node_birth(node, payload, now_us);
  if (topic->type == MessageType::ndeath) return on_node_death(node, payload, now_us);
  if (!node.self.online) return request_rebirth(topic->group, topic->node, now_us);
  DataDecoder header(payload);
  if (!header.ok() || !header.seq()) return;
  if (*header.seq() == node.expected_seq) {
    ++node.expected_seq;
    accept(node, *topic, payload, now_us);
    if (!node.held.empty()) drain(node, now_us);
    return;
  }
  // tck-id-operational-behavior-host-reordering-start. The counter has 8 bits: what is far ahead is no reordering.
  auto seq = static_cast<std::uint8_t>(*header.seq());
  if (node.held.empty()) node.waiting_since_us = clock_.monotonic_us();
  node.held.insert_or_assign(seq, Node::Held{std::string(text), std::string(payload)});
  if (static_cast<std::uint8_t>(seq - node.expected_seq) > options_.reorder_limit) give_up(node, now_us);
}

void Host::give_up(Node& node, TimeUs now_us) {
  // tck-id-operational-behavior-host-reordering-rebirth. What was held back may use metrics of a birth that is lost.
  node.held.clear();
  set_offline(node, now_us);
  if (handlers_.lost) handlers_.lost(node.self.group, node.self.node);
  request_rebirth(node.self.group, node.self.node, now_us);
}

void Host::drain(Node& node, TimeUs now_us) {
  for (auto next = node.held.find(node.expected_seq); next != node.held.end();
       next = node.held.find(node.expected_seq)) {
    auto held = std::move(next->second);
    node.held.erase(next);
    ++node.expected_seq;
    if (auto topic = parse_topic(held.topic)) accept(node, *topic, held.payload, now_us);
  }
  node.waiting_since_us = clock_.monotonic_us();
}

void Host::on_timer(TimeUs now_us) {
  const auto late_us = clock_.monotonic_us() - options_.reorder_timeout_us;
  for (auto& [name, node] : nodes_) {
    if (!node->held.empty() && node->waiting_since_us <= late_us) give_up(*node, now_us);
  }
}

void Host::on_state(std::string_view payload) {
  auto state = parse_state(payload);
  // A will of an earlier connection that the broker sent late would leave us offline: say it again.
  if (connected_ && (!state || !state->online)) publish_state(true);
}

void Host::on_node_birth(Node& node, std::string_view bytes, TimeUs now_us) {
  auto birth = decode(bytes);
  if (!birth || !birth->seq) return;
  // The node's devices are offline until their own births. A birth with the same bdSeq is a rebirth within a session:
  // nothing died, so nobody is told of a death.
  auto bd_seq = bd_seq_of(*birth);
  if (node.self.online && bd_seq && bd_seq == node.bd_seq) {
    for (auto& [name, device] : node.devices) device->online = false;
  } else {
    set_offline(node, now_us);
  }
  node.bd_seq = bd_seq;
  node.expected_seq = static_cast<std::uint8_t>(*birth->seq + 1);
  node.asked_rebirth_us.reset();
  node.held.clear();
  node.self.online = true;
  node.self.metrics.assign(*birth);
  if (handlers_.birth) handlers_.birth(node.self, *birth, now_us);
}

void Host::on_node_death(Node& node, std::string_view bytes, TimeUs now_us) {
  auto death = decode(bytes);
  // A death with another bdSeq belongs to an earlier connection (tck-id-payloads-nbirth-bdseq-repeat).
  if (!death || (node.bd_seq && bd_seq_of(*death) != node.bd_seq)) return;
  set_offline(node, now_us);
  node.held.clear();
}

void Host::set_offline(Node& node, TimeUs now_us) {
  auto kill = [&](DeviceState& device) {
    if (!device.online) return;
    device.online = false;
    if (handlers_.death) handlers_.death(device, now_us);
  };
  kill(node.self);
  for (auto& [name, device] : node.devices) kill(*device);
}

void Host::accept(Node& node, const Topic& topic, std::string_view payload, TimeUs now_us) {
  if (!is_device_message(topic.type)) {
    if (handlers_.data) handlers_.data(node.self, payload, now_us);
    return;
  }
  auto found = node.devices.find(topic.device);
  if (topic.type == MessageType::dbirth) {
    auto birth = decode(payload);
    if (!birth) return;
    if (found == node.devices.end()) {
      found = node.devices.emplace(std::string(topic.device), std::make_unique<DeviceState>()).first;
      found->second->group = topic.group;
      found->second->node = topic.node;
      found->second->device = topic.device;
    }
    found->second->online = true;
    found->second->metrics.assign(*birth);
    if (handlers_.birth) handlers_.birth(*found->second, *birth, now_us);
    return;
  }
  if (found == node.devices.end() || !found->second->online) {
    if (topic.type == MessageType::ddata) request_rebirth(topic.group, topic.node, now_us);
    return;
  }
  if (topic.type == MessageType::ddata) {
    if (handlers_.data) handlers_.data(*found->second, payload, now_us);
  } else {
    found->second->online = false;
    if (handlers_.death) handlers_.death(*found->second, now_us);
  }
}

void Host::request_rebirth(std::string_view group, std::string_view node_name, TimeUs now_us) {
  Topic topic{.group = group, .node = node_name};
  auto& node = node_of(topic);
  const auto asked_us = clock_.monotonic_us();
  if (node.asked_rebirth_us && asked_us - *node.asked_rebirth_us < options_.rebirth_pause_us) return;
  Payload wish;
  wish.metrics.push_back(boolean_metric("Node Control/Rebirth", true, to_ms(now_us)));
  if (command(group, node_name, {}, std::move(wish), now_us)) node.asked_rebirth_us = asked_us;
}

Result<void> Host::command(std::string_view group, std::string_view node, std::string_view device, Payload command,
                           TimeUs now_us) {
  command.time_ms = to_ms(now_us);
  auto topic = format_topic(device.empty() ? MessageType::ncmd : MessageType::dcmd, group, node, device);
  return handlers_.publish({.topic = topic, .payload = encode(command)});
}

const DeviceState* Host::find(std::string_view group, std::string_view node, std::string_view device) const {
  auto found = nodes_.find(std::string(group) + "/" + std::string(node));
  if (found == nodes_.end()) return nullptr;
  if (device.empty()) return &found->second->self;
  auto at = found->second->devices.find(device);
  return at == found->second->devices.end() ? nullptr : at->second.get();
}

}  // namespace millrace::sparkplug
