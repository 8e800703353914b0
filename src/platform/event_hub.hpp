#pragma once

#include "net/http/server.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace millrace {

/// Everybody who watches the console's event stream. Loop thread only.
class EventHub {
 public:
  explicit EventHub(std::size_t limit = 64) : limit_(limit) {}
  /// False when there are too many: the stream is not kept.
  bool add(std::shared_ptr<http::EventStream> stream);
  /// To everybody; who is gone or too slow is forgotten.
  void send(std::string_view event, std::string_view data);
  [[nodiscard]] bool empty() const { return streams_.empty(); }
  [[nodiscard]] std::size_t size() const { return streams_.size(); }

 private:
  std::size_t limit_;
  std::vector<std::shared_ptr<http::EventStream>> streams_;
};

}  // namespace millrace
