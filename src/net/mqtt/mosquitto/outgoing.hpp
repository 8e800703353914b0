#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace millrace::mqtt {

/// How many bytes wait in libmosquitto, which does not tell. QoS 0 leaves in order when written; QoS 1 and 2 leave by
/// packet identifier when acknowledged.
class OutgoingBytes {
 public:
  void add_unacknowledged(std::uint32_t size) {
    in_order_.push_back(size);
    bytes_ += size;
  }
  /// The QoS 0 message that was added last was refused by the library.
  void undo_unacknowledged() {
    if (in_order_.empty()) return;
    bytes_ -= in_order_.back();
    in_order_.pop_back();
  }
  void add_acknowledged(int packet_id, std::uint32_t size) {
    auto [entry, fresh] = by_id_.try_emplace(packet_id, size);
    if (!fresh) bytes_ -= entry->second, entry->second = size;
    bytes_ += size;
  }
  /// The library reports a message as done.
  void done(int packet_id) {
    if (!by_id_.empty()) {
      if (auto entry = by_id_.find(packet_id); entry != by_id_.end()) {
        bytes_ -= entry->second;
        by_id_.erase(entry);
        return;
      }
    }
    if (in_order_.empty()) return;
    bytes_ -= in_order_.front();
    in_order_.pop_front();
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::deque<std::uint32_t> in_order_;
  std::unordered_map<int, std::uint32_t> by_id_;
  std::size_t bytes_ = 0;
};

}  // namespace millrace::mqtt
