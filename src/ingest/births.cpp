#include "ingest/ingest.hpp"
#include "sparkplug/names.hpp"

namespace millrace {
namespace {

namespace names = sparkplug::names;

/// Metrics that steer Sparkplug and Millrace are no signals of the plant.
bool is_signal(const sparkplug::BornMetric& metric) {
  const auto begins = [&](std::string_view prefix) {
    return std::string_view(metric.name).substr(0, prefix.size()) == prefix;
  };
  return !begins("Node Control/") && !begins("Device Control/") && !begins("Millrace/") &&
         metric.name != names::bd_seq && !metric.name.empty() && !is_text(metric.type);
}

std::string property_text(const sparkplug::Metric* metric, std::initializer_list<std::string_view> keys) {
  if (metric == nullptr) return {};
  for (const auto& property : metric->properties) {
    for (const auto key : keys) {
      if (property.key != key) continue;
      if (const auto* text = std::get_if<std::string>(&property.value)) return *text;
    }
  }
  return {};
}

}  // namespace

void Ingest::meanings_changed() {
  if (!handlers_.meaning) return;
  for (const auto& row : signals_.rows()) {
    if (row.signal_id == 0) continue;
    if (const auto meaning = handlers_.meaning(row.site, row.asset, row.signal)) work_orders_.declare(row, *meaning);
  }
}

void Ingest::describe(SignalRow& row, std::string_view unit, std::string_view quantity, bool is_new) {
  const auto before = row.unit;
  if (row.unit.empty()) row.unit = unit;
  if (row.quantity.empty()) row.quantity = quantity;
  const auto meaning = handlers_.meaning ? handlers_.meaning(row.site, row.asset, row.signal) : std::nullopt;
  if (meaning) {
    if (row.unit.empty()) row.unit = meaning->unit;
    if (row.quantity.empty()) row.quantity = meaning->quantity;
    work_orders_.declare(row, *meaning);
  }
  if (is_new) {
    touch();
    filling_.rows.signals.push_back(row);
  }
  if ((is_new || row.unit != before) && handlers_.signal) handlers_.signal(row);
}

std::int32_t Ingest::assign(std::string_view site, std::string_view asset, std::string_view signal,
                            std::string_view unit, std::string_view quantity) {
  const auto assigned = signals_.assign(site, asset, signal);
  if (assigned.is_new) describe(signals_.row(assigned.id), unit, quantity, true);
  return assigned.id;
}

void Ingest::on_birth(sparkplug::DeviceState& device, const sparkplug::Payload& birth, TimeUs now_us) {
  const auto& asset = device.device.empty() ? device.node : device.device;
  for (auto& metric : device.metrics.metrics()) {
    if (!is_signal(metric)) continue;
    const auto assigned = signals_.assign(device.group, asset, metric.name);
    const auto* born = birth.find(metric.name);
    describe(signals_.row(assigned.id), property_text(born, {"engUnit", "EngUnit", "unit", "Unit"}),
             property_text(born, {"quantity", "Quantity"}), assigned.is_new);
    metric.tag = static_cast<std::uint32_t>(assigned.id);
  }
  keep_birth_values(device, birth);
  touch();
  filling_.rows.events.push_back({now_us, device.group, device.device, "online", device.node});
}

/// A node with a spool sends every reading as data; of any other node the birth is the only report of a value that does
/// not change (Sparkplug B 3.0, chapter 5: births carry the
/// current values).
void Ingest::keep_birth_values(const sparkplug::DeviceState& device, const sparkplug::Payload& birth) {
  const auto node = node_of(device);
  if (device.device.empty()) {
    if (birth.find(names::epoch) != nullptr || marks_.count(node) > 0) {
      foreign_.erase(node);
    } else {
      foreign_.insert(node);
    }
  }
  if (foreign_.count(node) == 0) return;
  auto& samples = filling_.rows.samples;
  const auto first = samples.size();
  for (const auto& metric : device.metrics.metrics()) {
    const auto* born = metric.tag == UINT32_MAX ? nullptr : birth.find(metric.name);
    const auto value = born != nullptr ? sparkplug::to_number(born->value) : std::nullopt;
    const auto id = static_cast<std::int32_t>(metric.tag);
    if (!value || born->time_ms == 0) continue;
    const auto time_us = static_cast<TimeUs>(born->time_ms) * 1'000;
    if (is_newest(id, time_us)) samples.add(id, time_us, *value, status::good);
  }
  stats_.points += samples.size() - first;
  if (handlers_.samples && samples.size() > first) handlers_.samples(samples, first);
  touch();
}

bool Ingest::is_newest(std::int32_t signal_id, TimeUs time_us) {
  const auto index = static_cast<std::size_t>(signal_id);
  if (newest_us_.size() <= index) newest_us_.resize(index + 1, 0);
  if (time_us <= newest_us_[index]) return false;
  newest_us_[index] = time_us;
  return true;
}

void Ingest::on_death(sparkplug::DeviceState& device, TimeUs now_us) {
  touch();
  filling_.rows.events.push_back({now_us, device.group, device.device, "offline", device.node});
}

}  // namespace millrace
