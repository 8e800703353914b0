#pragma once

#include "signal/quality_counts.hpp"
#include "signal/sample.hpp"

#include <map>
#include <string>
#include <tuple>

namespace millrace {

/// What the checks found in one asset's samples since its last batch. It leaves in the batch that holds those samples,
/// so that both are stored once or not at all.
class QualityTally {
 public:
  /// `findings`: a bit per check. Silence and clocks are counted on our day, the rest on the sample's.
  void add(SignalIndex signal, std::uint8_t findings, TimeUs source_time_us, TimeUs now_us) {
    if (findings == 0) return;
    for (const auto& kind : quality_kinds()) {
      if ((findings & bit(kind.check)) == 0) continue;
      const bool ours = kind.check == QualityCheck::late || kind.check == QualityCheck::clock_skew;
      ++counts_[{day_of(ours ? now_us : source_time_us), signal, kind.check}];
    }
  }
  [[nodiscard]] bool empty() const { return counts_.empty(); }
  /// The text of Millrace/Quality; empties the tally. `name_of(SignalIndex)` names a signal.
  template <typename NameOf>
  std::string take(NameOf name_of) {
    std::vector<QualityCount> counts;
    for (const auto& [key, n] : counts_) {
      counts.push_back({std::get<0>(key), name_of(std::get<1>(key)), std::get<2>(key), n});
    }
    counts_.clear();
    return quality_counts_json(counts);
  }

 private:
  std::map<std::tuple<TimeUs, SignalIndex, QualityCheck>, std::uint64_t> counts_;
};

}  // namespace millrace
