#pragma once

#include "base/result.hpp"
#include "lake/lake.hpp"
#include "platform/services.hpp"
#include "runtime/loop.hpp"

#include <string_view>

namespace millrace {

/// What the stores need once a minute: the fleet's state is saved, the lake is maintained. Loop thread only; the lake's
/// work runs on a worker.
class Upkeep {
 public:
  explicit Upkeep(Services& services) : services_(services), timer_(services.loop) {}
  void start();
  void stop();
  void turn();
  /// Rows go when they are older than the configuration keeps them, snapshots soon, but those that models were trained
  /// on or somebody reads stay, and all while a model is being trained.
  [[nodiscard]] Result<MaintenanceOptions> options() const;

 private:
  void save_fleet();
  /// Logged when it is news; the next turn tries again.
  void note(std::string_view what, const Result<void>& outcome);

  Services& services_;
  Timer timer_;
  bool maintaining_ = false;
};

}  // namespace millrace
