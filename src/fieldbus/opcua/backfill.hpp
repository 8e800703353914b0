#pragma once

#include "signal/sample.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace::opcua {

/// Merges the histories of many signals, read page by page, into one stream ordered by source time. Consumers build
/// rows from samples of many signals with one time stamp; they would see torn rows if history came signal by signal.
/// Memory is bounded by one page a signal. Sans-I/O: the caller asks `wanted`, reads, and gives the pages.
class BackfillMerge {
 public:
  using Slot = std::uint32_t;
  /// The next page of a slot starts after `after_us` (exclusive), or at the server's continuation point.
  struct Want {
    Slot slot = 0;
    TimeUs after_us = 0;
    std::string continuation;
  };

  /// Adds a slot whose history after `after_us` is needed. Before the first page only.
  void add(Slot slot, TimeUs after_us);
  /// Up to `limit` slots whose next page is needed now.
  [[nodiscard]] std::vector<Want> wanted(std::size_t limit) const;
  /// A page in rising order of time. What is not newer than what the slot had is dropped (the server repeats bounds).
  /// `more`: the server has more after this page.
  void page(Slot slot, std::span<const Sample> samples, bool more, std::string continuation = {});
  /// The server keeps no history of this slot, or refuses it.
  void give_up(Slot slot);
  /// Appends everything that no later page can precede, in order of source time.
  void take(std::vector<Sample>& out);
  /// True when every page was read and taken.
  [[nodiscard]] bool done() const;
  [[nodiscard]] std::size_t slots() const { return tracks_.size(); }

 private:
  struct Track {
    Slot slot = 0;
    TimeUs known_us = 0;  ///< history is complete up to here
    bool exhausted = false;
    std::string continuation;
    std::vector<Sample> buffer;
  };
  Track* find(Slot slot);
  std::vector<Track> tracks_;  ///< sorted by slot
};

}  // namespace millrace::opcua
