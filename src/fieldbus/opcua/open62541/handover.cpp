#include "fieldbus/opcua/open62541/handover.hpp"

namespace millrace::opcua {

void Handover::give(bool backfill, std::vector<Sample> samples) {
  if (samples.empty()) return;
  waiting_.fetch_add(samples.size(), std::memory_order_relaxed);
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    batches_.push_back({backfill, std::move(samples)});
    wake = !std::exchange(posted_, true);
  }
  if (wake) loop_.post([self = shared_from_this()] { self->drain(); });
}

void Handover::post(std::function<void(const Client::Handlers&)> what) {
  loop_.post([self = shared_from_this(), what = std::move(what)] {
    if (!self->closed_) what(self->handlers_);
  });
}

std::vector<Sample> Handover::spare() {
  const std::lock_guard lock(mutex_);
  if (spares_.empty()) return {};
  std::vector<Sample> vector = std::move(spares_.back());
  spares_.pop_back();
  return vector;
}

void Handover::drain() {
  std::deque<Batch> batches;
  {
    const std::lock_guard lock(mutex_);
    batches.swap(batches_);
    posted_ = false;
  }
  for (Batch& batch : batches) {
    if (closed_) return;
    const auto& handler = batch.backfill ? handlers_.on_backfill : handlers_.on_samples;
    if (handler) handler(batch.samples);
    waiting_.fetch_sub(batch.samples.size(), std::memory_order_relaxed);
    if (batch.samples.capacity() > 50'000) continue;  // rare and large: given back
    batch.samples.clear();
    const std::lock_guard lock(mutex_);
    if (spares_.size() < 4) spares_.push_back(std::move(batch.samples));
  }
}

}  // namespace millrace::opcua
