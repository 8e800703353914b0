#include "sparkplug/edge_node.hpp"

#include "sparkplug/data_encoder.hpp"
#include "sparkplug/state.hpp"
#include "sparkplug/time.hpp"

#include <fmt/format.h>

#include <utility>

namespace millrace::sparkplug {

namespace {

constexpr std::string_view rebirth = "Node Control/Rebirth";

/// tck-id-payloads-nbirth-bdseq, tck-id-payloads-ndeath-bdseq: the same number in the will and in the birth.
Metric bd_seq_metric(std::uint8_t bd_seq, std::uint64_t time_ms) {
  return {.name = "bdSeq", .time_ms = time_ms, .type = DataType::int64, .value = static_cast<std::int64_t>(bd_seq)};
}

}  // namespace

Result<void> EdgeNode::add_device(std::string device, TimeUs now_us) {
  TRY(check_name("device", device));
  const auto& name = *devices_.insert(std::move(device)).first;
  if (!born_ && births_due_.empty()) return {};
  births_due_.insert(name);
  bear_due(now_us);
  return {};
}

void EdgeNode::remove_device(const std::string& device, TimeUs now_us) {
  if (devices_.erase(device) == 0) return;
  const bool is_unborn = births_due_.erase(device) > 0;
  if (is_unborn || !announced_) return;
  Payload death{.time_ms = to_ms(now_us), .seq = seq_};
  (void)send(MessageType::ddeath, device, encode(death));  // tck-id-payloads-ddeath-seq-inc
}

std::string EdgeNode::death(TimeUs now_us) const {
  Payload payload{.time_ms = to_ms(now_us)};
  payload.metrics.push_back(bd_seq_metric(bd_seq_, to_ms(now_us)));
  return encode(payload);  // without seq: tck-id-payloads-ndeath-seq
}

Testament EdgeNode::testament(TimeUs now_us) {
  ++bd_seq_;  // modulo 256: tck-id-topics-nbirth-bdseq-increment
  return {.topic = format_topic(MessageType::ndeath, options_.group, options_.node), .payload = death(now_us)};
}

std::vector<std::string> EdgeNode::subscriptions() const {
  std::vector<std::string> filters{format_topic(MessageType::ncmd, options_.group, options_.node),
                                   format_topic(MessageType::dcmd, options_.group, options_.node, "+")};
  if (!options_.primary_host.empty()) filters.push_back(state_topic(options_.primary_host));
  return filters;
}

void EdgeNode::on_connected(TimeUs now_us) {
  connected_ = true;
  // The retained STATE arrives after the subscription: births wait for it (tck-id-message-flow-...-phid-wait).
  host_online_ = false;
  if (options_.primary_host.empty()) bear(now_us);
}

void EdgeNode::on_disconnected() {
  connected_ = announced_ = false;
  births_due_.clear();
  set_born(false);
}

void EdgeNode::on_timer(TimeUs now_us) {
  if (!births_due_.empty()) bear_due(now_us);
}

void EdgeNode::stop(TimeUs now_us) {
  bury(now_us);
  on_disconnected();
}

void EdgeNode::bury(TimeUs now_us) {
  if (announced_) (void)send(MessageType::ndeath, {}, death(now_us));
  announced_ = false;
  births_due_.clear();
  set_born(false);
}

void EdgeNode::set_born(bool born) {
  if (born_ == born) return;
  born_ = born;
  if (handlers_.on_born) handlers_.on_born(born);
}

void EdgeNode::bear(TimeUs now_us) {
  if (!connected_) return;
  set_born(false);  // data stops before the birth: tck-id-operational-behavior-data-commands-rebirth-action-1
  births_due_ = devices_;
  births_due_.insert("");
  is_told_ = false;
  bear_due(now_us);
}

/// In the order of the names: the node itself first. A connection that broke comes back as an event.
void EdgeNode::bear_due(TimeUs now_us) {
  for (; !births_due_.empty(); births_due_.erase(births_due_.begin())) {
    const auto sent = send_birth(*births_due_.begin(), now_us);
    if (sent) continue;
    if (!std::exchange(is_told_, true) && handlers_.on_problem)
      handlers_.on_problem(sent.error().with_context(fmt::format("{} births wait", births_due_.size())));
    return;
  }
  is_told_ = false;
  set_born(true);
}

Result<void> EdgeNode::send_birth(const std::string& device, TimeUs now_us) {
  const bool is_node = device.empty();
  if (is_node) seq_ = 0;  // tck-id-topics-nbirth-seq-num
  const auto time_ms = to_ms(now_us);
  Payload birth{.time_ms = time_ms, .seq = seq_};
  if (is_node) {
    birth.metrics.push_back(bd_seq_metric(bd_seq_, time_ms));
    birth.metrics.push_back(boolean_metric(std::string(rebirth), false, time_ms));  // never an alias
  }
  if (handlers_.birth) handlers_.birth(device, birth);
  TRY(send(is_node ? MessageType::nbirth : MessageType::dbirth, device, encode(birth)));
  announced_ = true;
  return {};
}

bool EdgeNode::on_message(std::string_view text, std::string_view payload, TimeUs now_us) {
  auto topic = parse_topic(text);
  if (!topic) return false;
  if (topic->type == MessageType::state) {
    if (options_.primary_host.empty() || topic->host != options_.primary_host) return false;
    on_state(payload, now_us);
    return true;
  }
  if (topic->group != options_.group || topic->node != options_.node) return false;
  if (topic->type != MessageType::ncmd && topic->type != MessageType::dcmd) return false;
  on_command(topic->device, payload, now_us);
  return true;
}

void EdgeNode::on_state(std::string_view payload, TimeUs now_us) {
  auto state = parse_state(payload);
  if (!state || state->time_ms < host_time_ms_) return;  // an older death: ...-phid-wait-timestamp
  host_time_ms_ = state->time_ms;
  if (state->online == host_online_) return;
  host_online_ = state->online;
  if (host_online_) {
    bear(now_us);
  } else {
    bury(now_us);  // ...-publish-phid-offline: the owner may disconnect and try another server
  }
}

void EdgeNode::on_command(std::string_view device, std::string_view bytes, TimeUs now_us) {
  auto payload = decode(bytes);
  if (!payload) return;  // whoever may publish here may also publish nonsense
  const auto* wish = device.empty() ? payload->find(rebirth) : nullptr;
  bool again = wish != nullptr && wish->value == Value(true);
  if (again && (options_.primary_host.empty() || host_online_)) bear(now_us);  // the same bdSeq
  if (handlers_.command && (wish == nullptr || payload->metrics.size() > 1)) handlers_.command(device, *payload);
}

Result<void> EdgeNode::publish_data(std::string_view device, std::string& payload, TimeUs now_us) {
  if (!born_ || births_due_.contains(device)) {
    return fail(ErrorCode::failed_precondition, "the Sparkplug node or device is not born yet");
  }
  append_time(payload, to_ms(now_us));
  append_seq(payload, seq_);
  return send(device.empty() ? MessageType::ndata : MessageType::ddata, device, payload);
}

Result<void> EdgeNode::send(MessageType type, std::string_view device, std::string_view payload) {
  data_topic_.clear();
  data_topic_.append("spBv1.0/").append(options_.group).append("/").append(to_string(type)).append("/");
  data_topic_.append(options_.node);
  if (!device.empty()) data_topic_.append("/").append(device);
  TRY(handlers_.publish({.topic = data_topic_, .payload = payload}));
  if (type != MessageType::ndeath) ++seq_;  // tck-id-payloads-sequence-num-incrementing, modulo 256
  return {};
}

}  // namespace millrace::sparkplug
