#include "fieldbus/opcua/backfill.hpp"

#include <algorithm>
#include <limits>

#include "base/assert.hpp"

namespace millrace::opcua {

void BackfillMerge::add(Slot slot, TimeUs after_us) {
  const auto at = std::ranges::lower_bound(tracks_, slot, {}, &Track::slot);
  if (at != tracks_.end() && at->slot == slot) return;
  tracks_.insert(at, Track{.slot = slot, .known_us = after_us});
}

BackfillMerge::Track* BackfillMerge::find(Slot slot) {
  const auto at = std::ranges::lower_bound(tracks_, slot, {}, &Track::slot);
  MILLRACE_ASSERT(at != tracks_.end() && at->slot == slot);
  return &*at;
}

std::vector<BackfillMerge::Want> BackfillMerge::wanted(std::size_t limit) const {
  std::vector<Want> wants;
  for (const Track& track : tracks_) {
    if (wants.size() == limit) break;
    if (!track.exhausted && track.buffer.empty()) wants.push_back({track.slot, track.known_us, track.continuation});
  }
  return wants;
}

void BackfillMerge::page(Slot slot, std::span<const Sample> samples, bool more, std::string continuation) {
  Track& track = *find(slot);
  for (const Sample& sample : samples) {
    if (sample.source_time_us <= track.known_us) continue;
    track.known_us = sample.source_time_us;
    track.buffer.push_back(sample);
  }
  track.exhausted = !more;
  track.continuation = std::move(continuation);
}

void BackfillMerge::give_up(Slot slot) {
  Track& track = *find(slot);
  track.exhausted = true;
  track.continuation.clear();
}

void BackfillMerge::take(std::vector<Sample>& out) {
  TimeUs horizon = std::numeric_limits<TimeUs>::max();
  for (const Track& track : tracks_) {
    if (!track.exhausted) horizon = std::min(horizon, track.known_us);
  }
  const auto first = static_cast<std::ptrdiff_t>(out.size());
  for (Track& track : tracks_) {
    const auto end = std::ranges::upper_bound(track.buffer, horizon, {}, &Sample::source_time_us);
    out.insert(out.end(), track.buffer.begin(), end);
    track.buffer.erase(track.buffer.begin(), end);
    if (track.buffer.empty() && track.exhausted) std::vector<Sample>().swap(track.buffer);
  }
  std::stable_sort(out.begin() + first, out.end(),
                   [](const Sample& a, const Sample& b) { return a.source_time_us < b.source_time_us; });
}

bool BackfillMerge::done() const {
  return std::ranges::all_of(tracks_, [](const Track& track) { return track.exhausted && track.buffer.empty(); });
}

}  // namespace millrace::opcua
