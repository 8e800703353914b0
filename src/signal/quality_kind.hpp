#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace millrace {

enum class QualityCheck : std::uint8_t {
  missing,     ///< no number: NaN, infinity, or bad from the source
  range,       ///< outside the signal's range
  spike,       ///< far from the recent values, by the robust deviation
  stuck,       ///< the same value for too long
  late,        ///< the next sample is overdue
  clock_skew,  ///< the source's clock is ahead of ours, or has been behind for a while
  duplicate,   ///< a source time that was there already
};
inline constexpr std::size_t quality_check_count = 7;

constexpr std::uint8_t bit(QualityCheck check) { return static_cast<std::uint8_t>(1u << static_cast<unsigned>(check)); }

/// A check in words: what a finding means, and what to do about it.
struct QualityKind {
  QualityCheck check;
  std::string_view name;
  std::string_view meaning, remedy;
  bool is_per_sample;  ///< counted in samples; else in times that it happened
};

/// All checks, in the order of the enumeration.
std::span<const QualityKind, quality_check_count> quality_kinds();
std::string_view to_string(QualityCheck check);
std::optional<QualityCheck> find_quality_check(std::string_view name);

}  // namespace millrace
