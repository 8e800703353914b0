#pragma once

#include "base/time.hpp"
#include "cmapss/cmapss.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace millrace::plant {

enum class EngineState { running, overhauled, failed };
std::string_view to_string(EngineState state);

/// What an engine shows at one cycle beside its 24 recorded signals.
inline constexpr int work_order_overhaul = 1;
inline constexpr int work_order_failure = 2;

/// One engine's place in the replay.
struct EngineProgress {
  const cmapss::Engine* engine = nullptr;
  EngineState state = EngineState::running;
  std::size_t cycle = 0;  ///< cycles flown
  bool advised = false;   ///< somebody wrote the advice tag
  int wasted = 0;         ///< cycles of life left at the overhaul: only the plant knows
};

/// What one step of the fleet puts out for one engine.
struct EngineStep {
  std::size_t engine = 0;  ///< index in the fleet
  const cmapss::Cycle* cycle = nullptr;
  int work_order = 0;      ///< 0: none at this cycle
  int remaining_life = 0;  ///< told with a work order
};

/// Replays engines in parallel, one cycle a step. Sans-I/O. An advised engine is overhauled after the next cycle; one
/// that nobody advised about fails at its last cycle. Either ends its replay.
class Fleet {
 public:
  explicit Fleet(std::vector<cmapss::Engine> engines);
  void advise(std::size_t engine) { progress_[engine].advised = true; }
  /// The next cycle of every running engine; valid until the next call.
  std::span<const EngineStep> step();
  [[nodiscard]] bool finished() const { return running_ == 0; }
  [[nodiscard]] std::span<const EngineProgress> engines() const { return progress_; }

 private:
  std::vector<cmapss::Engine> engines_;
  std::vector<EngineProgress> progress_;
  std::vector<EngineStep> steps_;
  std::size_t running_;
};

}  // namespace millrace::plant
