#pragma once

#include "sparkplug/host.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

struct ReplayGateOptions {
  std::int64_t patience_us = 10'000'000;  ///< then what is held goes on without the replay
  std::size_t held_bytes = 4u << 20;      ///< the same at this size
};

/// Keeps a gateway's fresh rows behind those that it was asked to tell again: a window takes rows in the order of time
/// only, so a fresh one that came first would make it pass over all that was missed. Sans-I/O; times are monotonic.
class ReplayGate {
 public:
  using Deliver = std::function<void(sparkplug::DeviceState& device, std::string_view payload)>;
  explicit ReplayGate(Deliver deliver, ReplayGateOptions options = {})
      : deliver_(std::move(deliver)), options_(options) {}
  /// The gateway was asked for its rows from `from_ms` on. It ends its answer with Millrace/Replay (NDATA, same value).
  void ask(std::string_view gateway, std::uint64_t from_ms, std::int64_t now_us);
  /// A data message: delivered now, or when its gateway's answer has ended. `device` stays valid with its host.
  void on_data(sparkplug::DeviceState& device, std::string_view payload);
  /// False: what is newest now at this gateway must wait for what was missed.
  [[nodiscard]] bool is_open(std::string_view gateway) const { return !asked_.contains(gateway); }
  /// False: patience ended, rows may be missing.
  bool on_timer(std::int64_t now_us);

 private:
  struct Held {
    sparkplug::DeviceState* device = nullptr;
    std::string payload;
  };
  struct Question {
    std::uint64_t from_ms = 0;
    std::int64_t asked_us = 0;
    std::vector<Held> held = {};
    std::size_t held_bytes = 0;
  };
  using Questions = std::map<std::string, Question, std::less<>>;
  Questions::iterator open(Questions::iterator question);

  Deliver deliver_;
  ReplayGateOptions options_;
  Questions asked_;  ///< by gateway
};

}  // namespace millrace
