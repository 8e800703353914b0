#include "runtime/components.hpp"

namespace millrace {

Result<void> ComponentGroup::run() {
  std::size_t started = 0;
  loop_.on_signal([this](int) { loop_.stop(); });
  for (auto& component : components_) {
    if (auto result = component.start(); !result) {
      outcome_ = fail(result.error().with_context("starting " + component.name));
      break;
    }
    ++started;
  }
  if (outcome_) loop_.run();
  while (started > 0) {
    --started;
    if (components_[started].stop) components_[started].stop();
  }
  return outcome_;
}

void ComponentGroup::fail_with(Error error) {
  if (outcome_) outcome_ = fail(std::move(error));
  loop_.stop();
}

}  // namespace millrace
