#include "edge/replay_gate.hpp"

#include "sparkplug/data_decoder.hpp"
#include "sparkplug/names.hpp"

#include <algorithm>
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

void ReplayGate::ask(std::uint64_t from_ms, TimeUs now_us) {
  from_ms_ = std::min(from_ms_.value_or(from_ms), from_ms);
  asked_us_ = now_us;
}

void ReplayGate::on_data(sparkplug::DeviceState& device, std::string_view payload) {
  if (!from_ms_) return deliver_(device, payload);
  if (device.device.empty()) {
    if (const auto from_ms = answered_from_ms(payload); from_ms && *from_ms <= *from_ms_) open();
    return deliver_(device, payload);
  }
  if (is_historical(payload)) return deliver_(device, payload);
  held_bytes_ += payload.size();
  held_.push_back({&device, std::string(payload)});
  if (held_bytes_ > options_.held_bytes) open();
}

bool ReplayGate::on_timer(TimeUs now_us) {
  if (!from_ms_ || now_us - asked_us_ < options_.patience_us) return true;
  open();
  return false;
}

void ReplayGate::open() {
  from_ms_.reset();
  held_bytes_ = 0;
  for (const auto& [device, payload] : std::exchange(held_, {})) deliver_(*device, payload);
}

}  // namespace millrace
