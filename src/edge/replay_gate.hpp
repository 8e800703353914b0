#pragma once

#include "sparkplug/host.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace millrace {

struct ReplayGateOptions {
  std::int64_t patience_us = 10'000'000;  ///< then what is held goes on without the replay
  std::size_t held_bytes = 4u << 20;      ///< the same at this size
};

/// Keeps fresh rows behind those that a gateway was asked to tell again: a window takes rows in the order of time only,
/// so a fresh one that came first would make it pass over all that was missed. Sans-I/O.
class ReplayGate {
 public:
  using Deliver = std::function<void(sparkplug::DeviceState& device, std::string_view payload)>;
  explicit ReplayGate(Deliver deliver, ReplayGateOptions options = {})
      : deliver_(std::move(deliver)), options_(options) {}
  /// A gateway was asked for its rows from `from_ms` on. It ends its answer with Millrace/Replay (NDATA, same value).
  void ask(std::uint64_t from_ms, TimeUs now_us);
  /// A data message: delivered now, or when the answer has ended. `device` stays valid with its host.
  void on_data(sparkplug::DeviceState& device, std::string_view payload);
  /// False: what is newest now must wait for what was missed.
  [[nodiscard]] bool is_open() const { return !from_ms_; }
  /// False: patience ended, rows may be missing.
  bool on_timer(TimeUs now_us);

 private:
  struct Held {
    sparkplug::DeviceState* device = nullptr;
    std::string payload;
  };
  void open();

  Deliver deliver_;
  ReplayGateOptions options_;
  std::optional<std::uint64_t> from_ms_;  ///< nothing: open
  TimeUs asked_us_ = 0;
  std::deque<Held> held_;
  std::size_t held_bytes_ = 0;
};

}  // namespace millrace
