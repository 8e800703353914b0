#include "platform/import_quality.hpp"

#include "signal/quality_counts.hpp"
#include "usecase/quality_limits.hpp"

#include <map>
#include <tuple>

namespace millrace {

std::vector<QualityRow> judge_import(CsvSamples& samples, const UseCase& use_case, const std::string& site) {
  QualityChecks checks;
  for (std::size_t asset = 0; asset < samples.assets.size(); ++asset) {
    for (const auto& signal : samples.signals) {
      const auto* declared = use_case.find_signal(signal);
      checks.add(declared != nullptr ? quality_limits(use_case, *declared) : QualityLimits());
    }
  }
  std::map<std::tuple<TimeUs, SignalIndex, QualityCheck>, std::int64_t> counts;
  for (auto& point : samples.points) {
    const auto index = static_cast<SignalIndex>(point.asset * samples.signals.size() + point.signal);
    const auto verdict =
        checks.check({.signal = index, .source_time_us = point.time_us, .value = point.value}, point.time_us);
    point.status = verdict.status;
    for (const auto& kind : quality_kinds()) {
      if (verdict.has(kind.check)) ++counts[{day_of(point.time_us), index, kind.check}];
    }
  }
  std::vector<QualityRow> rows;
  for (const auto& [key, n] : counts) {
    const auto& [day_us, index, check] = key;
    rows.push_back({day_us, site, samples.assets[index / samples.signals.size()],
                    samples.signals[index % samples.signals.size()], std::string(to_string(check)), n});
  }
  return rows;
}

}  // namespace millrace
