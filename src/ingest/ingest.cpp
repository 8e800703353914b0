#include "ingest/ingest.hpp"

#include "ingest/decision_json.hpp"
#include "signal/quality_counts.hpp"
#include "sparkplug/gap.hpp"
#include "sparkplug/names.hpp"
#include "spool/spool.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace millrace {
namespace {

namespace names = sparkplug::names;
using sparkplug::DataMetric;
using sparkplug::ValueKind;

/// An acknowledgement names all that is held, so that one that gets lost does no harm, unless that would be long.
constexpr std::size_t ranges_in_full = 64;

template <typename T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

/// What one message added to the buffer, so that it can be taken back.
struct Ingest::Message {
  std::size_t first_sample = 0, first_decision = 0, first_event = 0, first_quality = 0;
  std::string_view epoch, gap;
  std::optional<std::uint64_t> batch;
  std::uint64_t unknown = 0;
  TimeUs newest_us = 0;
  bool ok = false;
};

void Ingest::Buffer::clear() {
  rows.clear();
  batches.clear();
  done.clear();
  since_us = newest_us = 0;
}

Result<IngestStart> read_ingest_start(Lake& lake) {
  IngestStart start;
  TRY_ASSIGN(start.signals, lake.signals());
  TRY_ASSIGN(const auto marks, lake.recover_marks());
  TRY_ASSIGN(start.marks, parse_marks(marks));
  TRY_ASSIGN(const auto orders, lake.query("SELECT site, asset, epoch_us(time) FROM work_orders WHERE source = 'live'",
                                           {.row_limit = 10'000'000}));
  for (std::size_t i = 0; i < orders.rows.size(); ++i) {
    start.work_orders.push_back(
        {.time_us = static_cast<TimeUs>(orders.number(i, 2)), .site = orders.text(i, 0), .asset = orders.text(i, 1)});
  }
  return start;
}

void Ingest::start(const IngestStart& stored) {
  signals_.load(stored.signals);
  marks_ = stored.marks;
  for (const auto& order : stored.work_orders) work_orders_.know(order.site, order.asset, order.time_us);
  meanings_changed();
}

void Ingest::touch() {
  if (filling_.since_us == 0) filling_.since_us = clock_.monotonic_us();
}

void Ingest::read(sparkplug::DeviceState& device, std::string_view payload, Message& message, TimeUs now_us) {
  auto& samples = filling_.rows.samples;
  sparkplug::DataDecoder decoder(payload);
  for (DataMetric metric; decoder.next(metric);) {
    if (metric.kind != ValueKind::text) {
      if (const auto* born = device.metrics.find(metric); born != nullptr && born->tag != UINT32_MAX) {
        const auto time_us = static_cast<TimeUs>(metric.time_ms) * 1'000;
        samples.add(static_cast<std::int32_t>(born->tag), time_us, metric.number(born->type), metric.status,
                    static_cast<TimeUs>(metric.server_time_ms) * 1'000);
        message.newest_us = std::max(message.newest_us, time_us);
        continue;
      }
    }
    std::string_view name = metric.name;
    if (name.empty()) {
      if (const auto* born = device.metrics.find(metric)) name = born->name;
    }
    if (name == names::batch && metric.kind == ValueKind::integer) {
      message.batch = metric.bits;
    } else if (name == names::epoch) {
      message.epoch = metric.text;
    } else if (name == names::gap) {
      message.gap = metric.text;
    } else if (name == names::decision) {
      if (auto decision = parse_decision(metric.text, now_us)) {
        message.newest_us = std::max(message.newest_us, decision->source_time_us);
        filling_.rows.decisions.push_back(std::move(*decision));
      } else {
        ++stats_.corrupt_messages;
        filling_.rows.events.push_back(
            {now_us, device.group, device.device, "corrupt_decision", decision.error().message});
      }
    } else if (name == names::event) {
      keep_event(device, metric);
    } else if (name == names::quality) {
      keep_quality(device, metric.text, now_us);
    } else {
      ++message.unknown;
    }
  }
  message.ok = decoder.ok();
}

void Ingest::undo(const Message& message) {
  auto& rows = filling_.rows;
  auto& samples = rows.samples;
  samples.signal_id.resize(message.first_sample);
  samples.source_time_us.resize(message.first_sample);
  samples.value.resize(message.first_sample);
  samples.status.resize(message.first_sample);
  if (samples.server_time_us.size() > message.first_sample) samples.server_time_us.resize(message.first_sample);
  rows.decisions.resize(message.first_decision);
  rows.events.resize(message.first_event);
  rows.quality.resize(message.first_quality);
}

void Ingest::keep_event(const sparkplug::DeviceState& device, const sparkplug::DataMetric& metric) {
  const auto detail = nlohmann::json::parse(metric.text, nullptr, false);
  const auto kind = detail.is_object() && detail.contains("kind") && detail["kind"].is_string()
                        ? detail["kind"].get<std::string>()
                        : std::string("corrupt_event");
  filling_.rows.events.push_back(
      {static_cast<TimeUs>(metric.time_ms) * 1'000, device.group, device.device, kind, std::string(metric.text)});
}

void Ingest::keep_quality(const sparkplug::DeviceState& device, std::string_view text, TimeUs now_us) {
  const auto counts = parse_quality_counts(text);
  if (!counts) {
    ++stats_.corrupt_messages;
    filling_.rows.events.push_back({now_us, device.group, device.device, "corrupt_quality", counts.error().message});
    return;
  }
  for (const auto& count : *counts) {
    filling_.rows.quality.push_back({count.day_us, device.group, device.device, count.signal,
                                     std::string(to_string(count.check)), static_cast<std::int64_t>(count.n)});
  }
}

bool Ingest::is_new_batch(const std::string& node, const Message& message) {
  auto& mark = marks_[node];
  if (mark.epoch != message.epoch) {  // the spool is another one: its numbers start anew
    mark = {std::string(message.epoch), {}};
    filling_.batches.erase(node);
    in_flight_.batches.erase(node);
    repeated_.erase(node);
  }
  if (!mark.held.contains(*message.batch)) return true;
  ++stats_.duplicate_batches;
  repeated_[node].add(*message.batch);
  return false;
}

void Ingest::keep_gap(const sparkplug::DeviceState& device, std::string_view text, sparkplug::BatchSet& held,
                      TimeUs now_us) {
  std::string detail(text);
  const auto gap = parse_gap(text);
  // A device's gap is that of an edge behind the node: it counts in the edge's numbers, and the node has settled it.
  if (gap && !device.device.empty() && gap->points == 0) return;
  if (gap && device.device.empty()) {
    const auto missing = sparkplug::only_missing(*gap, held);
    // What was given up will not come any more: the ranges close.
    for (const auto& range : gap->numbers) held.add(range.first, range.last);
    if (missing.points == 0) return;
    detail = gap_json(missing);
  }
  ++stats_.gaps;
  filling_.rows.events.push_back({now_us, device.group, device.device, "gap", std::move(detail)});
}

void Ingest::keep(sparkplug::DeviceState& device, const Message& message, TimeUs now_us) {
  touch();
  auto& rows = filling_.rows;
  if (message.batch) {
    const auto node = node_of(device);
    marks_[node].held.add(*message.batch);
    filling_.batches[node].add(*message.batch);
    if (!message.gap.empty()) keep_gap(device, message.gap, marks_[node].held, now_us);
  }
  if (!message.batch) {  // plain Sparkplug: remembered for the next rebirth
    for (std::size_t i = message.first_sample; i < rows.samples.size(); ++i) {
      static_cast<void>(is_newest(rows.samples.signal_id[i], rows.samples.source_time_us[i]));
    }
  }
  filling_.newest_us = std::max(filling_.newest_us, message.newest_us);
  stats_.points += rows.samples.size() - message.first_sample;
  stats_.decisions += rows.decisions.size() - message.first_decision;
  stats_.unknown_metrics += message.unknown;
  if (handlers_.samples && rows.samples.size() > message.first_sample)
    handlers_.samples(rows.samples, message.first_sample);
  if (handlers_.decision) {
    for (std::size_t i = message.first_decision; i < rows.decisions.size(); ++i) handlers_.decision(rows.decisions[i]);
  }
  if (work_orders_.is_watching()) {
    std::vector<WorkOrderRow> orders;
    work_orders_.update(rows.samples, message.first_sample, clock_.monotonic_us(), orders);
    add_work_orders(std::move(orders));
  }
}

void Ingest::add_work_orders(std::vector<WorkOrderRow> orders) {
  if (orders.empty()) return;
  touch();
  stats_.work_orders += orders.size();
  for (auto& order : orders) {
    if (handlers_.work_order) handlers_.work_order(order);
    filling_.rows.work_orders.push_back(std::move(order));
  }
}

void Ingest::on_data(sparkplug::DeviceState& device, std::string_view payload, TimeUs now_us) {
  auto& rows = filling_.rows;
  Message message{.first_sample = rows.samples.size(),
                  .first_decision = rows.decisions.size(),
                  .first_event = rows.events.size(),
                  .first_quality = rows.quality.size()};
  read(device, payload, message, now_us);
  if (!message.ok) {
    undo(message);
    ++stats_.corrupt_messages;
    touch();
    rows.events.push_back({now_us, device.group, device.device, "corrupt_message", device.node});
    return;
  }
  if (message.batch && !is_new_batch(node_of(device), message)) {
    undo(message);
  } else if (filling_.size() > options_.buffer_rows) {
    const auto lost = rows.samples.size() - message.first_sample;
    undo(message);
    if (message.batch) {
      ++stats_.refused_batches;
    } else {
      stats_.lost_points += lost;
    }
  } else {
    keep(device, message, now_us);
  }
  commit_if_due(now_us);
}

Result<void> Ingest::submit(LakeCommit more, Done done, TimeUs now_us) {
  if (filling_.size() + more.samples.size() > std::max(options_.buffer_rows, more.samples.size())) {
    return fail(ErrorCode::exhausted, "the lake is busy: too many rows wait to be stored; try again in a moment");
  }
  touch();
  auto& rows = filling_.rows;
  for (std::size_t i = 0; i < more.samples.size(); ++i) {
    rows.samples.add(more.samples.signal_id[i], more.samples.source_time_us[i], more.samples.value[i],
                     more.samples.status[i], more.samples.server_time_us.empty() ? 0 : more.samples.server_time_us[i]);
  }
  append(rows.signals, std::move(more.signals));
  append(rows.decisions, std::move(more.decisions));
  append(rows.work_orders, std::move(more.work_orders));
  append(rows.labels, std::move(more.labels));
  append(rows.events, std::move(more.events));
  append(rows.kpis, std::move(more.kpis));
  append(rows.quality, std::move(more.quality));
  if (done) filling_.done.push_back(std::move(done));
  commit_if_due(now_us);
  return {};
}

void Ingest::replay(const SampleBatch& samples) {
  std::vector<WorkOrderRow> orders;
  work_orders_.update(samples, 0, clock_.monotonic_us(), orders);
  add_work_orders(std::move(orders));
}

void Ingest::on_timer(TimeUs now_us) {
  std::vector<WorkOrderRow> orders;
  work_orders_.on_timer(clock_.monotonic_us(), orders);
  add_work_orders(std::move(orders));
  if (!committing_ && filling_.is_empty()) acknowledge_repeated();
  commit_if_due(now_us);
}

void Ingest::commit_if_due(TimeUs now_us) {
  if (committing_) {
    if (retry_at_us_ != 0 && clock_.monotonic_us() >= retry_at_us_) {
      retry_at_us_ = 0;
      hand_over();
    }
    return;
  }
  if (filling_.is_empty()) return;
  const bool is_due = clock_.monotonic_us() - filling_.since_us >= commit_wait_us();
  if (is_due || filling_.size() >= options_.commit_rows) begin_commit(now_us);
}

/// Commits take a quarter of the time at most, within the bounds.
std::int64_t Ingest::commit_wait_us() const {
  return std::max(options_.commit_every_us, std::min(3 * last_took_us_, options_.commit_latest_us));
}

void Ingest::begin_commit(TimeUs now_us) {
  std::swap(filling_, in_flight_);
  filling_.clear();
  in_flight_marks_ = marks_to_json(marks_);
  stats_.lag_us = in_flight_.newest_us != 0 ? now_us - in_flight_.newest_us : 0;
  committing_ = true;
  hand_over();
}

void Ingest::hand_over() {
  began_us_ = clock_.monotonic_us();
  handlers_.commit(in_flight_.rows, in_flight_marks_);
}

void Ingest::on_committed(const Result<SnapshotId>& outcome, TimeUs now_us) {
  if (!outcome) {  // the same rows again, for as long as it takes: they are acknowledged to nobody yet
    ++stats_.failed_commits;
    retry_at_us_ = clock_.monotonic_us() + options_.retry_after_us;
    return;
  }
  ++stats_.commits;
  last_took_us_ = clock_.monotonic_us() - began_us_;
  stats_.stored_points += in_flight_.rows.samples.size();
  stats_.stored_decisions += in_flight_.rows.decisions.size();
  committing_ = false;
  const auto done = std::move(in_flight_.done);
  auto batches = std::move(in_flight_.batches);
  in_flight_.clear();
  for (const auto& [node, numbers] : batches) {
    auto all = numbers;
    if (const auto again = repeated_.find(node); again != repeated_.end()) {
      all.add(again->second);
      repeated_.erase(again);
    }
    acknowledge(node, all);
  }
  acknowledge_repeated();
  for (const auto& each : done) each(outcome);
  commit_if_due(now_us);
}

void Ingest::acknowledge_repeated() {
  for (const auto& [node, numbers] : std::exchange(repeated_, {})) acknowledge(node, numbers);
}

/// Never names what still lies in the filling buffer.
void Ingest::acknowledge(const std::string& node, const sparkplug::BatchSet& batches) {
  const auto& mark = marks_[node];
  const bool in_full = mark.held.range_count() <= ranges_in_full;
  auto durable = in_full ? mark.held : batches;
  if (const auto filling = filling_.batches.find(node); filling != filling_.batches.end()) {
    for (const auto& range : filling->second.ranges()) durable.remove(range.first, range.last);
  }
  if (durable.empty()) return;
  const auto slash = node.find('/');
  handlers_.acknowledge(node.substr(0, slash), node.substr(slash + 1), mark.epoch, durable.to_text());
}

IngestStats Ingest::stats() const {
  auto stats = stats_;
  stats.buffered_rows = filling_.size() + (committing_ ? in_flight_.size() : 0);
  return stats;
}

}  // namespace millrace
