#pragma once

#include "sparkplug/batch_set.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace millrace {

/// Which batches of the site's edges this gateway holds: so that what an edge repeats is passed over. Kept in the spool
/// with the data (one transaction), as the platform does with ours.
class EdgeInbox {
 public:
  /// False when the batch is held already.
  bool add(std::string_view edge, std::string_view epoch, std::uint64_t batch);
  /// What to remember for an edge after `add`: "epoch ranges".
  [[nodiscard]] std::string to_text(std::string_view edge) const;
  /// Takes what was remembered; nonsense is passed over (then repeats of that edge are stored twice, which is said).
  bool restore(std::string_view edge, std::string_view text);

 private:
  struct Held {
    std::string epoch;
    sparkplug::BatchSet batches;
  };
  std::map<std::string, Held, std::less<>> edges_;
};

}  // namespace millrace
