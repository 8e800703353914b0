#include "usecase/quality_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace millrace {
namespace {

std::optional<std::string> seconds(std::int64_t duration_us) {
  if (duration_us <= 0) return std::nullopt;
  return fmt::format("{:g} s", static_cast<double>(duration_us) / 1e6);
}

std::optional<std::string> stuck_policy(const UseCase::Quality& quality) {
  if (quality.stuck_rows > 0) return fmt::format("{} samples", quality.stuck_rows);
  return seconds(quality.stuck_us);
}

}  // namespace

QualityLimits quality_limits(const UseCase& use_case, const UseCase::SignalDeclaration& signal) {
  QualityLimits limits;
  if (signal.range) std::tie(limits.low, limits.high) = *signal.range;
  // A clock or a work order code may well stand still or jump.
  if (signal.role == SignalRole::measurement) {
    limits.spike_deviations = use_case.quality.spike;
    if (!signal.steady) {
      limits.stuck_samples = use_case.quality.stuck_rows;
      limits.stuck_us = use_case.quality.stuck_us;
    }
  }
  limits.skew_us = use_case.quality.clock_skew_us;
  // Work orders and findings speak when a life ends: until then their silence is as it should be.
  if (signal.role != SignalRole::work_order && signal.role != SignalRole::finding) {
    limits.late_us = use_case.quality.freshness_us;
  }
  return limits;
}

std::optional<std::string> quality_policy(const UseCase& use_case, QualityCheck check) {
  const UseCase::Quality& quality = use_case.quality;
  const bool has_range = std::any_of(use_case.signals.begin(), use_case.signals.end(),
                                     [](const auto& signal) { return signal.range.has_value(); });
  switch (check) {
    case QualityCheck::missing:
      return quality.missing < 1 ? std::optional(fmt::format("<= {:g} %", quality.missing * 100)) : std::nullopt;
    case QualityCheck::range:
      return has_range ? std::optional<std::string>("never") : std::nullopt;
    case QualityCheck::spike:
      return quality.spike > 0 ? std::optional(fmt::format("{:g} deviations", quality.spike)) : std::nullopt;
    case QualityCheck::stuck:
      return stuck_policy(quality);
    case QualityCheck::late:
      return seconds(quality.freshness_us);
    case QualityCheck::clock_skew:
      return seconds(quality.clock_skew_us);
    case QualityCheck::duplicate:
      return "never";
  }
  return std::nullopt;
}

}  // namespace millrace
