#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "signal/quality_kind.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace {

/// How often a check of one signal failed on one day: as it travels beside the samples that it counts, and is stored.
struct QualityCount {
  TimeUs day_us = 0;  ///< midnight, UTC
  std::string signal;
  QualityCheck check = QualityCheck::missing;
  std::uint64_t n = 0;
  bool operator==(const QualityCount&) const = default;
};

constexpr TimeUs day_of(TimeUs time_us) {
  constexpr TimeUs day_us = 86'400'000'000;
  return (time_us >= 0 ? time_us : time_us - day_us + 1) / day_us * day_us;
}

/// [{"day":"2026-11-22","signal":"T24","kind":"stuck","n":3}], the text of the metric Millrace/Quality.
std::string quality_counts_json(std::span<const QualityCount> counts);
/// `corrupt` when it is no such list. Kinds that are not known here are passed over: a newer sender may know more.
Result<std::vector<QualityCount>> parse_quality_counts(std::string_view json);

}  // namespace millrace
