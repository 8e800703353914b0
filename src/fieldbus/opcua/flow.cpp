#include "fieldbus/opcua/flow.hpp"

#include <algorithm>

namespace millrace::opcua {

Flow::Slot Flow::add(SignalIndex signal) {
  tracks_.push_back({.signal = signal});
  return static_cast<Slot>(tracks_.size() - 1);
}

void Flow::note_overflow(Slot slot) {
  Track& track = tracks_[slot];
  ++overflows_;
  if (track.overflowed || track.no_history) return;
  track.overflowed = true;
  overflowed_.push_back(slot);
}

void Flow::live(Slot slot, const Sample& sample, bool overflow) {
  Track& track = tracks_[slot];
  if (overflow) note_overflow(slot);
  // A value that was in the history already when its notification was still on the way.
  if (sample.source_time_us <= track.covered_us) {
    ++repeated_;
    return;
  }
  if (holding()) {
    held_.push_back(sample);
    held_.back().signal = slot;
    return;
  }
  track.last_us = std::max(track.last_us, sample.source_time_us);
  live_.push_back(sample);
  live_.back().signal = track.signal;
}

void Flow::gap() {
  for (Slot slot = 0; slot < tracks_.size(); ++slot) note_overflow(slot);
}

void Flow::begin(std::span<const Slot> slots, std::span<const TimeUs> marks, TimeUs first_contact_us) {
  expecting_ = false;
  if (!merge_) merge_.emplace();
  for (std::size_t k = 0; k < slots.size(); ++k) {
    Track& track = tracks_[slots[k]];
    if (track.no_history) --without_history_;
    track.no_history = false;
    track.last_us = marks[k];
    merge_->add(slots[k], marks[k] != 0 ? marks[k] : first_contact_us);
  }
}

std::vector<BackfillMerge::Want> Flow::wanted(std::size_t limit) {
  if (!merge_ && !expecting_ && !overflowed_.empty()) {
    merge_.emplace();
    std::ranges::sort(overflowed_);
    for (const Slot slot : overflowed_) {
      tracks_[slot].overflowed = false;
      merge_->add(slot, tracks_[slot].last_us);
    }
    overflowed_.clear();
  }
  return merge_ ? merge_->wanted(limit) : std::vector<BackfillMerge::Want>{};
}

void Flow::page(Slot slot, std::span<const Sample> samples, bool more, std::string continuation) {
  merge_->page(slot, samples, more, std::move(continuation));
}

void Flow::no_history(Slot slot) {
  if (!tracks_[slot].no_history) ++without_history_;
  tracks_[slot].no_history = true;
  merge_->give_up(slot);
}

void Flow::emit(const Sample& held, std::vector<Sample>& out) {
  Track& track = tracks_[held.signal];
  if (held.source_time_us <= track.last_us) {
    ++repeated_;
    return;
  }
  track.last_us = held.source_time_us;
  out.push_back(held);
  out.back().signal = track.signal;
}

void Flow::take(std::vector<Sample>& backfilled, std::vector<Sample>& live) {
  if (!live_.empty()) {  // they came before any history that is being read now
    live.insert(live.end(), live_.begin(), live_.end());
    live_.clear();
    if (merge_) return;
  }
  if (merge_) {
    const std::size_t first = backfilled.size();
    merge_->take(backfilled);
    for (std::size_t k = first; k < backfilled.size(); ++k) {
      Track& track = tracks_[backfilled[k].signal];
      track.last_us = track.covered_us = backfilled[k].source_time_us;
      backfilled[k].signal = track.signal;
    }
    if (merge_->done()) merge_.reset();
  }
  if (holding()) return;
  for (const Sample& sample : held_) emit(sample, live);
  held_.clear();
  if (held_.capacity() > 100'000) std::vector<Sample>().swap(held_);
}

void Flow::session_lost() {
  expecting_ = false;
  merge_.reset();
  for (const Slot slot : overflowed_) tracks_[slot].overflowed = false;
  overflowed_.clear();
  std::erase_if(held_, [&](const Sample& sample) { return !tracks_[sample.signal].no_history; });
}

}  // namespace millrace::opcua
