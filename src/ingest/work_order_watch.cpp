#include "ingest/work_order_watch.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace millrace {
namespace {
constexpr std::int64_t patience_us = 2'000'000;
constexpr std::size_t codes_kept = 1'000;
}  // namespace

void WorkOrderWatch::declare(const SignalRow& signal, const SignalMeaning& meaning) {
  const auto role = meaning.role;
  if (role != SignalRole::clock && role != SignalRole::work_order && role != SignalRole::finding) return;
  auto& asset = assets_[{signal.site, signal.asset}];
  asset.site = signal.site;
  asset.name = signal.asset;
  asset.use_case = meaning.use_case;
  asset.has_clock = asset.has_clock || role == SignalRole::clock;
  asset.has_finding = asset.has_finding || role == SignalRole::finding;
  if (role == SignalRole::work_order) asset.codes = meaning.codes;
  const auto id = static_cast<std::size_t>(signal.signal_id);
  if (by_signal_.size() <= id) by_signal_.resize(id + 1);
  by_signal_[id] = {&asset, role};
}

void WorkOrderWatch::know(const std::string& site, const std::string& asset, TimeUs time_us) {
  assets_[{site, asset}].done.insert(time_us);
}

std::vector<std::int32_t> WorkOrderWatch::watched() const {
  std::vector<std::int32_t> ids;
  for (std::size_t id = 0; id < by_signal_.size(); ++id) {
    if (by_signal_[id].asset != nullptr) ids.push_back(static_cast<std::int32_t>(id));
  }
  return ids;
}

void WorkOrderWatch::take(const Watched& watched, TimeUs time_us, double value, std::int64_t now_us) {
  if (std::isnan(value)) return;
  switch (watched.role) {
    case SignalRole::clock:
      watched.asset->clock = {time_us, value};
      break;
    case SignalRole::finding:
      watched.asset->finding = {time_us, value};
      break;
    default:
      take_code(*watched.asset, time_us, value, now_us);
  }
}

void WorkOrderWatch::take_code(Asset& asset, TimeUs time_us, double value, std::int64_t now_us) {
  const auto [at, is_new] = asset.code_at.emplace(time_us, value);
  if (!is_new) return;
  // The same code before or after in time: one event that was told twice, whatever the order of arrival.
  const bool goes_on = at != asset.code_at.begin() && std::prev(at)->second == value;
  const bool was_told = std::next(at) != asset.code_at.end() && std::next(at)->second == value;
  if (asset.code_at.size() > codes_kept) asset.code_at.erase(asset.code_at.begin());
  if (value == 0 || goes_on || was_told || !asset.done.insert(time_us).second) return;
  const int code = std::abs(value) < 1e9 ? static_cast<int>(value) : 0;
  const auto kind = asset.codes.find(code);
  asset.pending.push_back({{.time_us = time_us,
                            .site = asset.site,
                            .asset = asset.name,
                            .kind = kind != asset.codes.end() ? kind->second : "code " + std::to_string(code),
                            .use_case = asset.use_case,
                            .source = "live"},
                           now_us});
}

void WorkOrderWatch::finish(Asset& asset, std::int64_t late_before_us, std::vector<WorkOrderRow>& out) {
  std::erase_if(asset.pending, [&](Pending& pending) {
    auto& row = pending.row;
    // The reading of the very moment; a newer one belongs to the next life already.
    if (asset.clock.time_us == row.time_us) row.clock = asset.clock.value;
    if (asset.finding.time_us == row.time_us) row.remaining_life = asset.finding.value;
    const bool clock_known = !asset.has_clock || asset.clock.time_us >= row.time_us;
    const bool finding_known = !asset.has_finding || asset.finding.time_us >= row.time_us;
    if (!(clock_known && finding_known)) {
      if (pending.since_us > late_before_us) return false;
      // A source that reports changes only: what it said last still holds.
      if (!clock_known) row.clock = asset.clock.value;
      if (!finding_known) row.remaining_life = asset.finding.value;
    }
    out.push_back(std::move(row));
    return true;
  });
}

void WorkOrderWatch::update(const SampleBatch& samples, std::size_t first, std::int64_t now_us,
                            std::vector<WorkOrderRow>& out) {
  for (std::size_t i = first; i < samples.size(); ++i) {
    if (!watches(samples.signal_id[i])) continue;
    auto& watched = by_signal_[static_cast<std::size_t>(samples.signal_id[i])];
    Asset& asset = *watched.asset;
    take(watched, samples.source_time_us[i], samples.value[i], now_us);
    // A newer row follows: what the asset told of the moment is complete, look before it is overwritten.
    const bool row_ends = i + 1 == samples.size() || samples.source_time_us[i + 1] != samples.source_time_us[i] ||
                          !watches(samples.signal_id[i + 1]) ||
                          by_signal_[static_cast<std::size_t>(samples.signal_id[i + 1])].asset != &asset;
    if (row_ends && !asset.pending.empty()) finish(asset, now_us - patience_us, out);
  }
}

void WorkOrderWatch::on_timer(std::int64_t now_us, std::vector<WorkOrderRow>& out) {
  for (auto& [name, asset] : assets_) {
    if (!asset.pending.empty()) finish(asset, now_us - patience_us, out);
  }
}

}  // namespace millrace
