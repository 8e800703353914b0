#pragma once

#include "sparkplug/batch_set.hpp"
#include "spool/spool.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace millrace {

/// Which batches of the site's edges this gateway holds: so that what an edge repeats is passed over. Kept in the spool
/// with the data (one transaction), as the platform does with ours.
class EdgeInbox {
 public:
  enum class Seen {
    first,    ///< to be taken
    waiting,  ///< taken, not durable yet: its acknowledgement will follow
    held,     ///< durable: to be acknowledged again
  };
  Seen add(std::string_view edge, std::string_view epoch, std::uint64_t batch);
  /// The batch is in the spool.
  void on_durable(std::string_view edge, std::string_view epoch, std::uint64_t batch);
  /// There was no room for it after all: it counts as never seen.
  void take_back(std::string_view edge, std::uint64_t batch);
  /// What of an edge's gap is really missing. What it gave up will not come any more: the ranges close.
  SpoolGap settle(std::string_view edge, const SpoolGap& gap);
  /// What to remember for an edge after `add`: "epoch ranges".
  [[nodiscard]] std::string to_text(std::string_view edge) const;
  /// Takes what was remembered; nonsense is passed over (then repeats of that edge are stored twice, which is said).
  bool restore(std::string_view edge, std::string_view text);

 private:
  struct Held {
    std::string epoch;
    sparkplug::BatchSet batches;  ///< durable or waiting
    sparkplug::BatchSet waiting;
  };
  Held& of(std::string_view edge);
  std::map<std::string, Held, std::less<>> edges_;
};

}  // namespace millrace
