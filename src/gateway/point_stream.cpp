#include "gateway/point_stream.hpp"

#include "sparkplug/names.hpp"
#include "sparkplug/time.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace millrace {

using sparkplug::to_ms;

namespace {

constexpr std::size_t batch_limit_bytes = 64 * 1024;
constexpr std::size_t slice_samples = 4096;
constexpr std::int64_t server_time_margin_us = 1'000'000;

sparkplug::Property text_property(std::string_view key, std::string value) {
  return {std::string(key), sparkplug::DataType::string, std::move(value)};
}

}  // namespace

PointStream::PointStream(const AcquisitionPlan& plan, AliasTable& aliases, std::size_t replay_bytes, Handlers handlers)
    : plan_(plan),
      handlers_(std::move(handlers)),
      signals_(plan.catalogue.size()),
      assets_(plan.assets.size()),
      replay_(plan.assets.size(), replay_bytes) {
  for (SignalIndex i = 0; i < signals_.size(); ++i) {
    const auto& signal = plan.catalogue.at(i);
    signals_[i].alias = aliases.assign(signal.asset, signal.name);
    checks_.add(plan.limits[i]);
    if (signal.role == SignalRole::work_order) assets_[plan.asset_of[i]].work_order = i;
  }
}

void PointStream::restore(std::uint32_t asset, std::span<const Mark> marks) {
  for (auto index : plan_.assets[asset].signals) {
    auto& signal = signals_[index];
    auto mark = std::find_if(marks.begin(), marks.end(), [&](const Mark& each) { return each.alias == signal.alias; });
    if (mark != marks.end()) signal.spooled_us = signal.published_us = mark->time_us;
  }
}

void PointStream::on_samples(std::span<const Sample> samples, bool is_backfill, TimeUs now_us) {
  bool spool_open = handlers_.spool_open();
  while (!samples.empty()) {  // in slices, so that a long history makes no giant message
    auto slice = samples.first(std::min(samples.size(), slice_samples));
    for (const auto& sample : slice) add(sample, is_backfill, spool_open, now_us);
    for (auto asset : touched_) hand_over(asset, spool_open);
    touched_.clear();
    samples = samples.subspan(slice.size());
  }
}

void PointStream::add(const Sample& sample, bool is_backfill, bool spool_open, TimeUs now_us) {
  auto& signal = signals_[sample.signal];
  bool is_new = sample.source_time_us > signal.published_us;  // then newer than the mark too: published >= spooled
  if (!is_new && (!spool_open || sample.source_time_us <= signal.spooled_us)) {
    return repeated(sample, is_backfill, now_us);
  }
  auto verdict = checks_.check(sample, now_us, is_backfill);
  auto index = plan_.asset_of[sample.signal];
  auto& asset = assets_[index];
  if (!asset.touched) {
    asset.touched = true;
    touched_.push_back(index);
  }
  auto late_us = sample.server_time_us - sample.source_time_us;
  bool tell_server_time = sample.server_time_us != 0 && std::abs(late_us) > server_time_margin_us;
  sparkplug::DataPoint point{.alias = signal.alias,
                             .time_ms = to_ms(sample.source_time_us),
                             .value = sample.value,
                             .status = verdict.status,
                             .server_time_ms = tell_server_time ? to_ms(sample.server_time_us) : 0,
                             .is_historical = is_backfill};
  (is_new ? asset.live : asset.late).add(point);
  ++counters_.points;
  if (!is_good(verdict.status)) ++counters_.not_good;
  if (is_new) {
    signal.published_us = sample.source_time_us;
    signal.value = sample.value;
    signal.status = verdict.status;
  }
  if (spool_open) {
    signal.spooled_us = sample.source_time_us;
    ++asset.points;
    asset.tally.add(sample.signal, verdict.findings, sample.source_time_us, now_us);
  } else {  // judged again, and counted then, when history is read
    ++counters_.not_spooled;
  }
}

/// History gives values again that were here before; a source that does so while it is live has a clock that stands
/// still or was set back. The reading that came first stays; this one is counted.
void PointStream::repeated(const Sample& sample, bool is_backfill, TimeUs now_us) {
  ++counters_.repeated;
  const auto& signal = signals_[sample.signal];
  const bool is_same_time = sample.source_time_us == signal.published_us;
  const bool is_same = is_same_time && (sample.value == signal.value || std::isnan(sample.value));
  if (is_backfill || is_same || std::isnan(signal.value)) return;
  const auto check = is_same_time ? QualityCheck::duplicate : QualityCheck::clock_skew;
  checks_.note(sample.signal, check, sample.source_time_us, sample.value);
  const auto asset = plan_.asset_of[sample.signal];
  assets_[asset].tally.add(sample.signal, bit(check), sample.source_time_us, now_us);
  await_batch(asset);
}

void PointStream::poll_quality(TimeUs now_us) {
  checks_.poll(now_us, [&](SignalIndex signal) {
    const auto asset = plan_.asset_of[signal];
    assets_[asset].tally.add(signal, bit(QualityCheck::late), now_us, now_us);
    await_batch(asset);
  });
}

/// Silence after the end of a life is as it should be.
void PointStream::rest_if_ended(std::uint32_t asset) {
  const auto order = assets_[asset].work_order;
  if (!order || std::isnan(signals_[*order].value) || signals_[*order].value == 0) return;
  for (const auto signal : plan_.assets[asset].signals) checks_.rest(signal);
}

void PointStream::await_batch(std::uint32_t asset) {
  if (assets_[asset].waiting) return;
  assets_[asset].waiting = true;
  waiting_.push_back(asset);
}

void PointStream::hand_over(std::uint32_t index, bool spool_open) {
  auto& asset = assets_[index];
  asset.touched = false;
  auto live = asset.live.bytes();
  if (!live.empty()) {
    handlers_.live(index, live);
    TimeUs newest_us = 0;
    for (auto signal : plan_.assets[index].signals) newest_us = std::max(newest_us, signals_[signal].published_us);
    replay_.add(index, to_ms(newest_us), live);
  }
  if (spool_open) {
    asset.spool.append(asset.late.bytes()).append(live);  // of each signal the older first
    asset.spool_points += asset.points;
    await_batch(index);
    if (asset.spool.size() >= batch_limit_bytes) seal(index);
  }
  asset.points = 0;
  asset.live.clear();
  asset.late.clear();
  rest_if_ended(index);
}

void PointStream::seal(std::uint32_t index) {
  auto& asset = assets_[index];
  marks_.clear();
  for (auto signal : plan_.assets[index].signals) {
    if (signals_[signal].spooled_us != 0) marks_.push_back({signals_[signal].alias, signals_[signal].spooled_us});
  }
  std::sort(marks_.begin(), marks_.end(), [](const Mark& a, const Mark& b) { return a.alias < b.alias; });
  if (!asset.tally.empty()) {
    const auto counts = asset.tally.take([&](SignalIndex signal) { return plan_.catalogue.at(signal).name; });
    TimeUs newest_us = 0;
    for (const auto& mark : marks_) newest_us = std::max(newest_us, mark.time_us);
    sparkplug::append_text(asset.spool, sparkplug::names::quality, counts, to_ms(newest_us));
  }
  auto& batch = sealed_.emplace_back(PointBatch{index, std::move(asset.spool), asset.spool_points, {}});
  encode_marks(batch.marks, marks_);
  asset.spool.clear();
  asset.spool_points = 0;
}

void PointStream::take(std::vector<PointBatch>& batches) {
  for (auto index : waiting_) {
    assets_[index].waiting = false;
    if (!assets_[index].spool.empty() || !assets_[index].tally.empty()) seal(index);
  }
  waiting_.clear();
  std::move(sealed_.begin(), sealed_.end(), std::back_inserter(batches));
  sealed_.clear();
}

void PointStream::describe(std::uint32_t asset, sparkplug::Payload& birth) const {
  namespace names = sparkplug::names;
  sparkplug::tell(plan_.assets[asset].properties, birth);
  for (auto index : plan_.assets[asset].signals) {
    const auto& described = plan_.catalogue.at(index);
    const auto& state = signals_[index];
    sparkplug::Metric metric{.name = described.name, .alias = state.alias, .type = sparkplug::DataType::float64};
    metric.time_ms = state.published_us != 0 ? to_ms(state.published_us) : *birth.time_ms;
    metric.properties.push_back(text_property(names::role, std::string(to_string(described.role))));
    if (!described.unit.empty()) metric.properties.push_back(text_property(names::unit, described.unit));
    if (!described.quantity.empty()) metric.properties.push_back(text_property(names::quantity, described.quantity));
    if (std::isfinite(described.low) && std::isfinite(described.high)) {
      metric.properties.push_back({std::string(names::low), sparkplug::DataType::float64, described.low});
      metric.properties.push_back({std::string(names::high), sparkplug::DataType::float64, described.high});
    }
    if (!is_good(state.status)) {
      auto quality = std::int64_t{is_uncertain(state.status) ? 500 : 0};
      metric.properties.push_back({"Quality", sparkplug::DataType::int32, quality});
      metric.properties.push_back({"StatusCode", sparkplug::DataType::uint32, std::uint64_t{state.status}});
    }
    if (!std::isnan(state.value)) metric.value = state.value;
    birth.metrics.push_back(std::move(metric));
  }
}

}  // namespace millrace
