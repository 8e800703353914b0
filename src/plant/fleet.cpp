#include "plant/fleet.hpp"

namespace millrace::plant {

std::string_view to_string(EngineState state) {
  switch (state) {
    case EngineState::running:
      return "running";
    case EngineState::overhauled:
      return "overhauled";
    case EngineState::failed:
      return "failed";
  }
  return "running";
}

Fleet::Fleet(std::vector<cmapss::Engine> engines) : engines_(std::move(engines)), running_(engines_.size()) {
  for (auto& engine : engines_) progress_.push_back({.engine = &engine});
  steps_.reserve(engines_.size());
}

std::span<const EngineStep> Fleet::step() {
  steps_.clear();
  for (std::size_t i = 0; i < progress_.size(); ++i) {
    auto& progress = progress_[i];
    if (progress.state != EngineState::running) continue;
    auto& cycles = progress.engine->cycles;
    EngineStep step{.engine = i, .cycle = &cycles[progress.cycle++]};
    auto left = static_cast<int>(cycles.size() - progress.cycle);
    if (left == 0) {
      progress.state = EngineState::failed;
      step.work_order = work_order_failure;
    } else if (progress.advised) {
      progress.state = EngineState::overhauled;
      progress.wasted = left;
      step.work_order = work_order_overhaul;
      step.remaining_life = left;
    }
    if (progress.state != EngineState::running) --running_;
    steps_.push_back(step);
  }
  return steps_;
}

}  // namespace millrace::plant
