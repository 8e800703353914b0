#include "edge/replay_gate.hpp"

#include "sparkplug/data_decoder.hpp"
#include "sparkplug/names.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace millrace {
namespace {

bool is_historical(std::string_view payload) {
  sparkplug::DataDecoder decoder(payload);
  sparkplug::DataMetric metric;
  return decoder.next(metric) && metric.is_historical;
}

std::optional<std::uint64_t> answered_from_ms(std::string_view payload) {
  sparkplug::DataDecoder decoder(payload);
  for (sparkplug::DataMetric metric; decoder.next(metric);) {
    if (metric.name == sparkplug::names::replay) return metric.bits;
  }
  return std::nullopt;
}

}  // namespace

void ReplayGate::ask(std::string_view gateway, std::uint64_t from_ms, std::int64_t now_us) {
  const auto [question, is_new] = asked_.try_emplace(std::string(gateway), Question{.from_ms = from_ms});
  question->second.from_ms = std::min(question->second.from_ms, from_ms);
  question->second.asked_us = now_us;
}

void ReplayGate::on_data(sparkplug::DeviceState& device, std::string_view payload) {
  const auto question = asked_.find(device.node);
  if (question == asked_.end()) return deliver_(device, payload);
  if (device.device.empty()) {
    if (const auto from_ms = answered_from_ms(payload); from_ms && *from_ms <= question->second.from_ms) open(question);
    return deliver_(device, payload);
  }
  if (is_historical(payload)) return deliver_(device, payload);
  question->second.held_bytes += payload.size();
  question->second.held.push_back({&device, std::string(payload)});
  if (question->second.held_bytes > options_.held_bytes) open(question);
}

bool ReplayGate::on_timer(std::int64_t now_us) {
  bool is_patient = true;
  for (auto question = asked_.begin(); question != asked_.end();) {
    const bool is_due = now_us - question->second.asked_us >= options_.patience_us;
    is_patient = is_patient && !is_due;
    question = is_due ? open(question) : std::next(question);
  }
  return is_patient;
}

ReplayGate::Questions::iterator ReplayGate::open(Questions::iterator question) {
  const auto held = std::move(question->second.held);
  const auto next = asked_.erase(question);
  for (const auto& [device, payload] : held) deliver_(*device, payload);
  return next;
}

}  // namespace millrace
