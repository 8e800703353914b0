#pragma once

#include "fieldbus/opcua/client.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace millrace::opcua {

/// Carries batches from the client's thread to the loop: whole vectors change hands, one post wakes the loop for all
/// that waits. Shared by both threads; posts that come after `close` do nothing.
class Handover : public std::enable_shared_from_this<Handover> {
 public:
  Handover(Loop& loop, Client::Handlers handlers) : loop_(loop), handlers_(std::move(handlers)) {}

  /// On the client's thread. Order is kept, between the two kinds as well.
  void give(bool backfill, std::vector<Sample> samples);
  /// On the client's thread: runs on the loop after everything given before.
  void post(std::function<void(const Client::Handlers&)> what);
  /// An empty vector, with the capacity of one that was handed over before.
  std::vector<Sample> spare();
  /// Samples that the loop has not handled yet.
  [[nodiscard]] std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }
  /// On the loop's thread: no handler runs any more.
  void close() { closed_ = true; }

 private:
  struct Batch {
    bool backfill = false;
    std::vector<Sample> samples;
  };
  void drain();
  Loop& loop_;
  const Client::Handlers handlers_;
  bool closed_ = false;  ///< the loop's thread only
  std::mutex mutex_;
  std::deque<Batch> batches_;
  std::vector<std::vector<Sample>> spares_;
  bool posted_ = false;
  std::atomic<std::size_t> waiting_ = 0;
};

}  // namespace millrace::opcua
