#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "runtime/loop.hpp"

namespace millrace {

/// A part of a process: started in order of addition, stopped in reverse. When any part fails, all stop.
struct Component {
  std::string name;
  std::function<Result<void>()> start;
  std::function<void()> stop;
};

class ComponentGroup {
 public:
  explicit ComponentGroup(Loop& loop) : loop_(loop) {}
  void add(Component component) { components_.push_back(std::move(component)); }
  /// Starts all, runs the loop until a signal, `fail`, or `Loop::stop`, then stops all in reverse order.
  /// The error is the first failure: of a start, or given to `fail`.
  Result<void> run();
  /// A running part reports that it cannot go on. For what cannot mend itself only: connections are tried for ever.
  void fail_with(Error error);

 private:
  Loop& loop_;
  std::vector<Component> components_;
  Result<void> outcome_{};
};

}  // namespace millrace
