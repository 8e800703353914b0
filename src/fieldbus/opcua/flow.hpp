#pragma once

#include "fieldbus/opcua/backfill.hpp"
#include "signal/sample.hpp"

#include <optional>
#include <span>
#include <vector>

namespace millrace::opcua {

/// The order of one server's readings: live values are held while history is being read, so that every signal's samples
/// leave in order of source time, none twice, none lost. Sans-I/O; a slot is an item's number in order of addition.
class Flow {
 public:
  using Slot = BackfillMerge::Slot;

  Slot add(SignalIndex signal);
  [[nodiscard]] std::size_t slots() const { return tracks_.size(); }

  /// A value that the server notified. `overflow`: its queue for the item ran over before this value, values are
  /// missing.
  void live(Slot slot, const Sample& sample, bool overflow);
  /// Notifications were lost on the way: every item may miss values.
  void gap();

  /// Live values are held from now until a `begin`: monitored items are about to be created.
  void hold() { expecting_ = true; }
  /// Starts reading history of `slots`; `marks[k]` is the newest source time that the caller holds, 0 for none: then
  /// history is read from `first_contact_us`. Live values are held from now on.
  void begin(std::span<const Slot> slots, std::span<const TimeUs> marks, TimeUs first_contact_us);
  /// Pages to read now; empty when nothing is to be read. Starts a new round for items whose queue ran over.
  [[nodiscard]] std::vector<BackfillMerge::Want> wanted(std::size_t limit);
  void page(Slot slot, std::span<const Sample> samples, bool more, std::string continuation = {});
  /// The server refuses history of this slot; it is not asked again until `begin` names it.
  void no_history(Slot slot);

  /// Moves out what may go: hand over `backfilled` first, then `live`. Call again while there is something.
  void take(std::vector<Sample>& backfilled, std::vector<Sample>& live);
  /// The session ended. What is held is dropped, because the next session reads it from history; for slots without
  /// history it is kept and handed out by the next `take`.
  void session_lost();

  [[nodiscard]] bool holding() const { return expecting_ || merge_.has_value() || !overflowed_.empty(); }
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  [[nodiscard]] std::uint64_t repeated() const { return repeated_; }
  [[nodiscard]] std::uint64_t overflows() const { return overflows_; }
  [[nodiscard]] std::size_t without_history() const { return without_history_; }

 private:
  struct Track {
    SignalIndex signal = 0;
    bool overflowed = false;
    bool no_history = false;
    TimeUs last_us = 0;
    TimeUs covered_us = 0;  ///< newest source time that came from history
  };
  void emit(const Sample& held, std::vector<Sample>& out);
  void note_overflow(Slot slot);

  std::vector<Track> tracks_;
  std::optional<BackfillMerge> merge_;
  std::vector<Slot> overflowed_;
  std::vector<Sample> held_, live_;  ///< `signal` is the slot in `held_`
  bool expecting_ = false;
  std::uint64_t repeated_ = 0, overflows_ = 0;
  std::size_t without_history_ = 0;
};

}  // namespace millrace::opcua
