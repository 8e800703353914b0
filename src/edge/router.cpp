#include "edge/router.hpp"

#include "sparkplug/data_decoder.hpp"
#include "usecase/selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace millrace {
namespace {

constexpr TimeUs us_per_ms = 1000;

struct BirthSample {
  std::uint32_t tag;
  TimeUs time_us;
  StatusCode status;
  double value;
};

/// The current values that a birth carries, oldest first: a birth after a pause is data too.
std::vector<BirthSample> samples_of(const sparkplug::DeviceState& device, const sparkplug::Payload& birth) {
  std::vector<BirthSample> samples;
  for (const auto& metric : birth.metrics) {
    const auto* born = device.metrics.find(metric.name);
    const auto value = sparkplug::to_number(metric.value);
    const std::uint64_t time_ms = metric.time_ms != 0 ? metric.time_ms : birth.time_ms.value_or(0);
    if (born == nullptr || !value || time_ms == 0) continue;
    StatusCode code = status::good;
    for (const auto& property : metric.properties) {
      const auto number = sparkplug::to_number(property.value);
      if (property.key == "StatusCode" && number) code = static_cast<StatusCode>(*number);
      if (property.key == "Quality" && number && code == status::good && *number != 192) {
        code = *number == 500 ? status::uncertain : status::bad;
      }
    }
    samples.push_back({born->tag, static_cast<TimeUs>(time_ms) * us_per_ms, code, *value});
  }
  std::stable_sort(samples.begin(), samples.end(), [](const auto& a, const auto& b) { return a.time_us < b.time_us; });
  return samples;
}

}  // namespace

void Router::set_pipeline(std::unique_ptr<Pipeline> pipeline) {
  auto old = std::find_if(pipelines_.begin(), pipelines_.end(),
                          [&](const auto& p) { return p->use_case().name == pipeline->use_case().name; });
  if (old == pipelines_.end()) {
    pipelines_.push_back(std::move(pipeline));
  } else {
    (*old)->all([&](const std::string& site, const std::string& asset, const std::string& bytes) {
      // Other columns: the window starts anew, which is what a change of the signals means.
      static_cast<void>(pipeline->restore(site, asset, bytes));
    });
    *old = std::move(pipeline);
  }
  bind_all();
}

void Router::remove_pipeline(std::string_view use_case) {
  std::erase_if(pipelines_, [&](const auto& p) { return p->use_case().name == use_case; });
  bind_all();
}

Pipeline* Router::find(std::string_view use_case) {
  for (const auto& pipeline : pipelines_) {
    if (pipeline->use_case().name == use_case) return pipeline.get();
  }
  return nullptr;
}

void Router::bind_all() {
  for (const auto& device : devices_) bind(*device);
}

void Router::bind(Device& device) {
  const bool was_bound = !device.routes.empty();
  device.routes.clear();
  for (const auto& pipeline : pipelines_) {
    const auto& [type, tags] = device.properties;
    if (!selects(pipeline->use_case().assets, device.site, type, tags)) continue;
    Route route{pipeline.get(), 0, {}};
    const std::size_t measured = row_layout(pipeline->use_case()).measured;
    std::size_t found = 0;
    for (const std::string& signal : device.signals) {
      const auto column = pipeline->column_of(signal);
      route.column_of_tag.push_back(column.value_or(unused));
      if (column && *column < measured) ++found;
    }
    if (found == 0 || 2 * found < measured) continue;
    route.asset = pipeline->asset(device.site, device.name);
    device.routes.push_back(std::move(route));
  }
  if (!was_bound && !device.routes.empty() && on_asset) on_asset(device.name);
}

void Router::on_birth(sparkplug::DeviceState& state, const sparkplug::Payload& birth, bool with_values) {
  if (state.device.empty()) return;
  const std::string key = state.group + "/" + state.node + "/" + state.device;
  const auto [found, is_new] = index_of_.emplace(key, devices_.size());
  if (is_new) devices_.push_back(std::make_unique<Device>(Device{state.group, state.device, {}, {}, {}}));
  state.tag = found->second + 1;  // 0: never born
  Device& device = *devices_[found->second];
  std::vector<std::string> signals;
  for (auto& metric : state.metrics.metrics()) {
    metric.tag = static_cast<std::uint32_t>(signals.size());
    signals.push_back(metric.name);
  }
  auto properties = sparkplug::asset_properties(birth);
  if (signals != device.signals || properties != device.properties) {
    device.signals = std::move(signals);
    device.properties = std::move(properties);
    bind(device);
  }
  if (!with_values) return;
  const TimeUs now_us = clock_.now_us();
  const auto samples = samples_of(state, birth);
  for (const Route& route : device.routes) {
    route.pipeline->begin(clock_.monotonic_us(), now_us);
    for (const BirthSample& sample : samples) {
      const std::uint32_t column = route.column_of_tag[sample.tag];
      if (column != unused) route.pipeline->push(route.asset, column, sample.time_us, sample.status, sample.value);
    }
    route.pipeline->finish();
  }
}

void Router::on_data(const sparkplug::DeviceState& state, std::string_view payload) {
  if (state.tag == 0 || state.tag > devices_.size()) return;
  const std::int64_t received_us = clock_.monotonic_us();
  const TimeUs now_us = clock_.now_us();
  ++messages_;
  for (const Route& route : devices_[state.tag - 1]->routes) {
    Pipeline& pipeline = *route.pipeline;
    pipeline.begin(received_us, now_us);
    sparkplug::DataDecoder decoder(payload);
    for (sparkplug::DataMetric metric; decoder.next(metric);) {
      const auto* born = state.metrics.find(metric);
      if (born == nullptr || born->tag >= route.column_of_tag.size()) continue;
      const std::uint32_t column = route.column_of_tag[born->tag];
      if (column == unused) continue;
      pipeline.push(route.asset, column, static_cast<TimeUs>(metric.time_ms) * us_per_ms, metric.status,
                    metric.number(born->type));
      ++samples_;
    }
    if (!decoder.ok()) ++broken_messages_;
    pipeline.finish();
  }
}

void Router::poll() {
  for (const auto& pipeline : pipelines_) pipeline->poll(clock_.monotonic_us(), clock_.now_us());
}

}  // namespace millrace
